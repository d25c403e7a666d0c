"""Every guard, by the invariant of docs/session.md that it keeps."""

from __future__ import annotations

from tools.guards import outcome, refusals, surroundings

GUARDS = outcome.GUARDS + refusals.GUARDS + surroundings.GUARDS
