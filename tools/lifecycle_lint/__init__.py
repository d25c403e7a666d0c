"""Invariant I24: outside `myapp.db` nobody ends, replaces or goes around the session's transaction.

The session refuses most of it at run time. A raw DBAPI commit and `tm.get().commit()` it cannot refuse, and
a lint says so before the code runs. Types are not inferred: names, imports, annotations and the bindings of
the enclosing function are what it goes by. A line that must stay ends in `# lifecycle: <a whole sentence>`.
"""
