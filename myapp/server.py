"""waitress for `pserve`: the ini file's settings, and the port of the command line.

PasteDeploy lets an ini file's defaults win over `pserve production.ini port=8123`, so the port is looked
for where that command puts it before the file's own is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waitress import serve as waitress_serve


def serve(app: Any, global_config: Mapping[str, str], **settings: str) -> int:
    """Serve until interrupted: PasteDeploy's entry point for `[server:main]`."""
    settings["port"] = global_config.get("port", settings.get("port", "6543"))
    waitress_serve(app, **settings)
    return 0
