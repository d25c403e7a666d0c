"""How the service's answers slow down, or do not, while its books grow to a million postings."""
