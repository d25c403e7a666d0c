"""A served ledger under load: its books, the server as its users start it, and a client that costs little."""
