"""One SQLAlchemy Session per request, and a double-entry ledger on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """Return the WSGI application: PasteDeploy's entry point.

    Raises:
        SystemExit: the database is not migrated, or a setting is missing, unknown or unreadable; the message
            tells what to do.
    """
    from pyramid.exceptions import ConfigurationError

    try:
        return _application(global_config, settings)
    except ConfigurationError as error:
        raise SystemExit(str(error)) from error


def _application(global_config: Mapping[str, str], settings: Mapping[str, Any]) -> Any:
    # Not above: whoever imports any part of the package runs this module, and would wait for all of them.
    from pyramid.config import Configurator

    from myapp.ledger import ancestors
    from myapp.schema import require_current
    from myapp.settings import from_settings, with_environment

    with Configurator(settings=with_environment(settings)) as config:
        config.registry["settings"] = from_settings(settings)
        config.include("myapp.db")  # request.dbsession and request.tm: the promise the rest stands on
        engine = config.registry["dbsession_factory"].engine
        ancestors.listen(engine)  # before the first connection: what SQLite has no function for
        require_current(engine, global_config.get("__file__"))
        config.include("myapp.db.health")  # /healthz and /readyz
        config.include("myapp.db.metrics")  # /metrics, for Prometheus
        config.include("myapp.schema")  # ready only while the schema is the newest
        config.include("myapp.http.memory")  # bodies are buffered in memory, never in files
        config.include("myapp.http.observe")  # an id, a time and a log line for every request
        config.include("myapp.http.strict")  # no request that could be read in two ways
        config.include("myapp.http.limiting")  # how many requests a key may send
        config.include("myapp.http.problems")  # every refusal as a problem document
        config.include("myapp.security.policy")  # from a key to an identity and its permissions
        config.include("myapp.api")  # the REST routes
        config.include("myapp.web")  # the pages
        return config.make_wsgi_app()
