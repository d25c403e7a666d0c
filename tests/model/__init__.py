"""A small model of the books in plain Python, and random programs that hold the API to it."""
