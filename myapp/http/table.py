"""An answer as a table, in CSV (RFC 4180): the same texts as in JSON, quoted where they must be.

A text that begins with a sign of a formula, which the name of an account may, stays what it is: the file is
read by programs first, and a character put before it would be another name. docs/reports.md warns of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows under a name, which becomes the file's: ASCII letters, digits, `-` and `_`."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[str]]

    def encoded(self) -> bytes:
        """Return the body, with a header row."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue().encode()

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers that make a browser keep it as a file, and never show it as anything else."""
        return {"Content-Disposition": f'attachment; filename="{self.name}.csv"'}
