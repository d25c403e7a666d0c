"""Journals in and out: other programs' books become ours, and ours become theirs."""
