"""One SQLAlchemy Session per request, and a double-entry ledger on it."""
