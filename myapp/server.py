"""waitress for `pserve`: the ini file's settings, the port of the command line, an orderly end.

PasteDeploy lets an ini file's defaults win over `pserve production.ini port=8123`, so the port is looked
for where that command puts it before the file's own is taken.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any

from myapp.http.wire import make_server


def serve(app: Any, global_config: Mapping[str, str], **settings: str) -> int:
    """Serve until interrupted or terminated: PasteDeploy's entry point for `[server:main]`."""
    settings["port"] = global_config.get("port", settings.get("port", "6543"))
    # By default the signal kills the process, requests in flight included. A SystemExit instead makes
    # waitress wait for its threads, a few seconds at the most.
    signal.signal(signal.SIGTERM, _end)
    server = make_server(app, **settings)
    server.print_listen("Serving on http://{}:{}")
    server.run()
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
