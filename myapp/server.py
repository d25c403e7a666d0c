"""waitress for `pserve`: the ini file's settings, the port of the command line, an orderly end.

PasteDeploy lets an ini file's defaults win over `pserve production.ini port=8123 processes=2`, so the port
and the number of processes are looked for where that command puts them before the file's own are taken.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from types import FrameType
from typing import Any, Never

from waitress.adjustments import Adjustments

from myapp import footprint
from myapp.db.shares import PROCESSES_MAX
from myapp.http.wire import address_of, make_server

log = logging.getLogger(__name__)

_PORT_MAX = 65_535


def prepare(global_config: Mapping[str, str], **settings: str) -> Callable[[Any], None]:
    """Return what serves an application, until it is interrupted or terminated: PasteDeploy's entry point.

    Raises:
        SystemExit: a setting makes no sense, or gunicorn is needed and not installed.
    """
    settings["port"] = global_config.get("port", settings.get("port", "6543"))
    processes = _processes(global_config.get("processes", settings.pop("processes", "1")))
    _check(settings)
    if processes > 1 and find_spec("gunicorn") is None:
        sys.exit(f"processes = {processes} needs gunicorn, which is not installed: pip install gunicorn.")
    # What is refused from here on would end `pserve` with 0, as if all were well.
    return partial(_serve, settings, processes)


def _serve(settings: dict[str, str], processes: int, app: Any) -> None:
    footprint.settle()
    if processes == 1:
        _serve_alone(settings, app)
    else:
        _serve_with_gunicorn(settings, processes, app)


def _serve_alone(settings: dict[str, str], app: Any) -> None:
    # By default the signal kills the process, requests in flight included. A SystemExit instead makes
    # waitress wait for its threads, a few seconds at the most.
    signal.signal(signal.SIGTERM, _end)
    try:
        made = make_server(app, settings)
    except OSError as error:
        _fail(f"port {settings['port']} cannot be listened on: {error.strerror}")
    for host, port in _listening(made):
        log.info("Serving on http://%s", address_of(host, port))
    made.run()


def _listening(made: Any) -> list[tuple[str, object]]:
    # waitress has one class of servers for one address, and another for several.
    several: list[tuple[str, object]] | None = getattr(made, "effective_listen", None)
    return [(made.effective_host, made.effective_port)] if several is None else several


def _check(settings: dict[str, str]) -> None:
    try:
        adjustments = Adjustments(**settings)
    except ValueError as error:
        # Each by itself, so that the wrong one is named.
        for name, value in settings.items():
            _check_alone(name, value)
        sys.exit(f"[server:main]: {error}")
    for name in ("threads", "connection_limit"):
        if getattr(adjustments, name) < 1:
            sys.exit(f"{name} = {settings[name]}, under [server:main]: nobody would serve a request")
    if not 0 <= adjustments.port <= _PORT_MAX:
        sys.exit(f"port = {settings['port']}, under [server:main]: it is a number from 0 to {_PORT_MAX}")


def _check_alone(name: str, value: str) -> None:
    # What is said of a trusted proxy means something beside its address alone.
    beside = {"trusted_proxy": "127.0.0.1"} if name.startswith("trusted_proxy_") else {}
    try:
        with warnings.catch_warnings():
            # waitress warns where an address is trusted and no header is.
            warnings.simplefilter("ignore", DeprecationWarning)
            Adjustments(**{**beside, name: value})
    except ValueError as error:
        sys.exit(f"{name} = {value}, under [server:main]: {error}")


def _processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= PROCESSES_MAX:
        sys.exit(f"processes = {text}: it is a number from 1 to {PROCESSES_MAX}.")
    return int(text)


def _serve_with_gunicorn(settings: dict[str, str], processes: int, app: Any) -> None:
    from myapp.processes import Master

    try:
        Master(app, processes, settings).run()
    except SystemExit as end:
        # gunicorn ends each of its processes like this; pserve would say so on the terminal, every time, and
        # end with 0 whatever it was. By the status of one gunicorn tells why it ended.
        if isinstance(end.code, str):
            _fail(end.code)
        if end.code:
            _fail("gunicorn could not go on.", end.code)


def _fail(message: str, status: int = 1) -> Never:
    log.error("%s", message)
    logging.shutdown()
    os._exit(status)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
