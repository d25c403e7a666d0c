"""The ground floor: one Session per request, and a response that tells the truth about it.

`config.include("myapp.db")` gives any Pyramid application `request.dbsession` and `request.tm`. A 2xx or
3xx response means the whole change is durable; a 4xx, a 5xx or an exception means nothing changed.
This package knows no ledger. docs/session.md tells the rest.
"""

from __future__ import annotations

import logging

from pyramid.config import PHASE3_CONFIG, Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ITweens

from myapp.db.accounting import Usage, usage
from myapp.db.after import after_commit
from myapp.db.dialects import read_only
from myapp.db.doubt import mark_repeatable
from myapp.db.engine import make_engine
from myapp.db.errors import (
    CommitOutcomeUnknown,
    ConcurrencyConflict,
    LifecycleError,
    LifecycleViolation,
    SessionUnavailable,
    TransactionPoisoned,
)
from myapp.db.failures import is_unavailable
from myapp.db.owner import Mode
from myapp.db.session import OwnedSession, SessionFactory, is_another_attempt
from myapp.db.settings import DbSettings, from_settings, unhurried
from myapp.db.streaming import Rows, in_chunks, stream, stream_written
from myapp.db.tm import make_manager, veto_by_status
from myapp.db.work import UnitOfWork, throwaway, unit_of_work

log = logging.getLogger(__name__)

_TWEENS = (
    "myapp.db.accounting.tween_factory",
    "myapp.db.retry.tween_factory",
    "myapp.db.truth.tween_factory",
    "myapp.db.nesting.tween_factory",
    "pyramid_tm.tm_tween_factory",
)

__all__ = [
    "CommitOutcomeUnknown",
    "ConcurrencyConflict",
    "DbSettings",
    "LifecycleError",
    "LifecycleViolation",
    "Mode",
    "OwnedSession",
    "Rows",
    "SessionFactory",
    "SessionUnavailable",
    "TransactionPoisoned",
    "UnitOfWork",
    "Usage",
    "after_commit",
    "from_settings",
    "in_chunks",
    "includeme",
    "is_another_attempt",
    "is_unavailable",
    "make_engine",
    "mark_repeatable",
    "read_only",
    "stream",
    "stream_written",
    "throwaway",
    "unhurried",
    "unit_of_work",
    "usage",
]


def includeme(config: Configurator) -> None:
    """Add the engine, the transaction tween, retries and `request.dbsession`.

    Raises:
        ConfigurationError: a setting is missing, unknown or unreadable; or, when the configuration is
            committed, somebody has changed what pyramid_tm and pyramid_retry were told here.
    """
    settings = from_settings(config.get_settings())
    engine = make_engine(settings)
    config.registry["db.settings"] = settings
    config.registry["dbsession_factory"] = SessionFactory(engine)
    _settle(config, settings)
    config.include("pyramid_retry")  # another attempt on a conflict, with a fresh request
    config.include("myapp.db.retry")  # ... after a short random wait
    config.include("pyramid_tm")  # begin before the view, commit or abort after it
    config.include("myapp.db.accounting")  # what each request cost
    config.include("myapp.db.truth")  # no exception view makes a success of a failed commit
    config.include("myapp.db.streaming")  # the beginning of a streamed body is made before it is sent
    config.include("myapp.db.nesting")  # no subrequest commits on its own
    config.include("myapp.db.mode")  # READ for GET, HEAD and OPTIONS, unless the view declares
    config.include("myapp.db.request")  # request.dbsession, joined to request.tm
    config.include("myapp.db.properties")  # ... and all such properties, on a class that is made once


def _settle(config: Configurator, settings: DbSettings) -> None:
    """Give pyramid_tm and pyramid_retry the settings of the contract, and see that they keep them."""
    settled = {
        "retry.attempts": settings.retry_attempts,
        "tm.manager_hook": make_manager,
        "tm.commit_veto": veto_by_status,
        # It would open a transaction on pages that need none, to log who asked.
        "tm.annotate_user": False,
    }
    if given := settled.keys() & config.get_settings().keys():
        log.warning("%s: ignored, the contract of myapp.db depends on its own.", ", ".join(sorted(given)))
    config.add_settings(settled)
    config.action(None, lambda: _require_settled(config, settled), order=PHASE3_CONFIG + 1)


def _require_settled(config: Configurator, settled: dict[str, object]) -> None:
    listed = {name for name, _ in config.registry.queryUtility(ITweens).explicit}
    if listed and (missing := [name for name in _TWEENS if name not in listed]):
        raise ConfigurationError(f"pyramid.tweens leaves out {', '.join(missing)}, of the contract.")
    found = config.get_settings()
    if changed := [name for name, value in settled.items() if found[name] != value]:
        raise ConfigurationError(f"{', '.join(changed)}: changed after myapp.db set it.")
