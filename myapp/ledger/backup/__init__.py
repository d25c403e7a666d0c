"""Copy every row of every table into one file, and put all of them back, on either product.

A backup is gzipped lines of JSON: a header, each table with its rows, and an end with the digest of all
before it. This package knows streams, and no files. docs/operations.md tells how to use it,
docs/decisions/0019-backups.md why it is so.
"""

from __future__ import annotations

from myapp.ledger.backup.errors import BackupError, WrongBooks
from myapp.ledger.backup.lines import End, Header, check
from myapp.ledger.backup.restoring import restore
from myapp.ledger.backup.taking import count_rows, take

__all__ = ["BackupError", "End", "Header", "WrongBooks", "check", "count_rows", "restore", "take"]
