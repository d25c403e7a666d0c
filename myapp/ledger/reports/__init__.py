"""Trial balance, balance sheet and income statement: one SELECT each, and pure arithmetic over its rows."""
