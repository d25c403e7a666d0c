"""A report as a table: what its rows say, whichever report it is."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One amount; the names of the fields are those of the columns."""

    section: str
    account: str
    asset: str
    amount: str
