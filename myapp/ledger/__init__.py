"""The books: what a ledger is, which transactions it accepts, and how they are written. Knows no HTTP."""
