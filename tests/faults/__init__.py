"""Fail every single call to the database driver, once each, and see whether the application told the truth.

`Injector` counts the driver's calls under any SQLAlchemy engine and fails the one it is told to; `Stage` puts
a WSGI application on it; `sweep` tries every call of a request with every kind of fault that the product has.
None of them knows the ledger: `examples` alone does.
"""
