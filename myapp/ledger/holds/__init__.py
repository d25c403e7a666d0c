"""Holds: amounts set aside on accounts, to be captured, voided, or let go at expiry."""
