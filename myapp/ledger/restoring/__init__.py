"""Take over the books of another ledger: into an empty one with everything, ids, times and versions included.

Whoever reads a file makes `Contents` of it; `check` is what they must obey, so that the books that come of
them are green, whoever wrote the file. docs/journals.md tells what is kept in a ledger that is not empty.
"""
