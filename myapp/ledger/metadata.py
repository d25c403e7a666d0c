"""Metadata: strings by key, merged on change."""

from __future__ import annotations

from collections.abc import Mapping

from myapp.ledger import rules


def merged(before: Mapping[str, str], change: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return the metadata after a change: given keys replace, None removes, the rest stays.

    Raises:
        InvalidRequest: the result breaks the rules of metadata.
    """
    together = {**before, **(change or {})}
    kept = {key: value for key, value in together.items() if value is not None}
    return dict(rules.check_metadata(kept))
