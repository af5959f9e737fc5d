"""What a reference keeps of its columns together, and how a batch is held against that."""
