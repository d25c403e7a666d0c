"""Who may do what: from a key to an identity, from an identity and a route to yes or no."""
