"""The stock recipe: a Pyramid application as the project template of Pyramid's makers sets it up.

An engine from the settings, a `sessionmaker`, and for each request a session that zope.sqlalchemy ties to
the transaction manager of pyramid_tm; pyramid_retry repeats a request three times at most.
"""

from __future__ import annotations

import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import Engine, engine_from_config
from sqlalchemy.orm import Session, sessionmaker
from transaction import TransactionManager

from benchmarks.opponents.work import Served, add_views

REQUIREMENTS = ("pyramid", "pyramid_tm", "pyramid_retry", "SQLAlchemy", "zope.sqlalchemy", "psycopg")

RECIPE = {"retry.attempts": "3", "tm.manager_hook": "pyramid_tm.explicit_manager"}


def serve(url: str, **engine_settings: str) -> Served:
    """Serve the work on the database; `engine_settings` stand for more lines under `sqlalchemy.`."""
    lines = {f"sqlalchemy.{name}": value for name, value in engine_settings.items()}
    with Configurator(settings={**RECIPE, "sqlalchemy.url": url, **lines}) as config:
        include_models(config)
        add_views(config)
        return Served(config.make_wsgi_app(), config.registry["dbengine"])


def include_models(config: Configurator) -> None:
    """Do what the template's `models` package does when it is included."""
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    engine = get_engine(config.get_settings())
    session_factory = get_session_factory(engine)
    config.registry["dbengine"] = engine
    config.registry["dbsession_factory"] = session_factory

    def dbsession(request: Request) -> Session:
        return get_tm_session(session_factory, request.tm, request)

    config.add_request_method(dbsession, reify=True)


def get_engine(settings: dict[str, str]) -> Engine:
    """Make the engine out of the settings under `sqlalchemy.`."""
    return engine_from_config(settings, "sqlalchemy.")


def get_session_factory(engine: Engine) -> sessionmaker[Session]:
    """Make the factory of the application's sessions."""
    factory = sessionmaker()
    factory.configure(bind=engine)
    return factory


def get_tm_session(
    session_factory: sessionmaker[Session], transaction_manager: TransactionManager, request: Request
) -> Session:
    """Make a session that the transaction manager ends, and that knows its request."""
    session = session_factory(info={"request": request})
    zope.sqlalchemy.register(session, transaction_manager=transaction_manager)
    return session
