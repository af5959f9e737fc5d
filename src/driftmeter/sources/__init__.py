"""Where model calls are seen: one file per way in; those for one library are imported only on demand."""
