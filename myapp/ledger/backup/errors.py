"""Why a backup is not restored. No client of the API ever sees one of them."""

from __future__ import annotations

from myapp.ledger.verifying.rule import WrongRow


class BackupError(Exception):
    """A file is no backup, or one that cannot be restored here; its text is one sentence for people."""


class WrongBooks(BackupError):
    """The rows of a backup are no books that `verify` finds right; `problem` is the first that is wrong."""

    def __init__(self, owner: str, problem: WrongRow) -> None:
        super().__init__(f"The books in the backup are wrong, in {owner}: {problem.message}")
        self.owner = owner
        self.problem = problem
