"""waitress for `pserve`: the ini file's settings, the port of the command line, an orderly end.

PasteDeploy lets an ini file's defaults win over `pserve production.ini port=8123 processes=2`, so the port
and the number of processes are looked for where that command puts them before the file's own are taken.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from waitress.adjustments import Adjustments

from myapp import footprint
from myapp.db.shares import PROCESSES_MAX
from myapp.http.wire import make_server


def serve(app: Any, global_config: Mapping[str, str], **settings: str) -> int:
    """Serve until interrupted or terminated: PasteDeploy's entry point for `[server:main]`.

    Raises:
        SystemExit: a setting makes no sense, or gunicorn is needed and not installed.
    """
    settings["port"] = global_config.get("port", settings.get("port", "6543"))
    processes = _processes(global_config.get("processes", settings.pop("processes", "1")))
    _check(settings)
    footprint.settle()
    if processes > 1:
        return _serve_with_gunicorn(app, processes, settings)
    # By default the signal kills the process, requests in flight included. A SystemExit instead makes
    # waitress wait for its threads, a few seconds at the most.
    signal.signal(signal.SIGTERM, _end)
    server = make_server(app, settings)
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0


def _check(settings: Mapping[str, str]) -> None:
    # Each by itself, so that the wrong one is named, and then all together.
    for name, value in settings.items():
        _read(f"{name} = {value}, under [server:main]", **{name: value})
    if _read("[server:main]", **settings).threads < 1:
        sys.exit(f"threads = {settings['threads']}, under [server:main]: nobody would serve a request")


def _read(what: str, **settings: str) -> Any:
    try:
        return Adjustments(**settings)
    except ValueError as error:
        sys.exit(f"{what}: {error}")


def _processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= PROCESSES_MAX:
        sys.exit(f"processes = {text}: it is a number from 1 to {PROCESSES_MAX}.")
    return int(text)


def _serve_with_gunicorn(app: Any, processes: int, settings: dict[str, str]) -> int:
    try:
        from myapp.processes import Master
    except ImportError:
        sys.exit(f"processes = {processes} needs gunicorn, which is not installed: pip install gunicorn.")
    try:
        Master(app, processes, settings).run()
    except SystemExit as end:
        # gunicorn ends each of its processes like this; pserve would say so on the terminal, every time.
        if end.code:
            raise
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
