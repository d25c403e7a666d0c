"""The pages without a browser: what is answered, what it costs, who may see it."""
