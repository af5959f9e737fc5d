"""The demo: a real model server watched end to end while nine months of real flights go through it."""
