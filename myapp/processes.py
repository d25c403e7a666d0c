"""Several processes on one address: gunicorn starts, watches and ends them, and in each waitress serves.

gunicorn's own workers, like granian's, give a thread to each client that is still sending, so a few slow
clients stop everybody. waitress reads a request whole before a thread sees it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from myapp.db.metrics import metrics_of
from myapp.db.shares import Shares
from myapp.http.wire import address_of, make_server

# waitress gives its threads five seconds; the rest is for a machine that is busy with other things.
_END_WITHIN_S = 15
# A process that has not looked at its connections for as long is killed, and another one started.
_SILENCE_S_MAX = 60
# gunicorn knows no `*`. On one port it cannot have both versions of IP: its socket of version 6 takes both.
_EVERYWHERE = "0.0.0.0"  # noqa: S104


class Log(Logger):  # type: ignore[misc]
    """gunicorn's messages, in our log and its format."""

    def setup(self, cfg: Any) -> None:
        """Leave the handlers alone: the ini file has set them up."""
        self.cfg = cfg
        self.error_log = logging.getLogger("myapp.processes")


class WaitressWorker(Worker):  # type: ignore[misc]
    """One of the processes."""

    def init_signals(self) -> None:
        """End in order, whichever signal of gunicorn's or of a terminal asks for it."""
        super().init_signals()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, _end)

    def run(self) -> None:
        """Serve on the sockets that all processes share, until asked to end."""
        sockets = [listener.sock for listener in self.sockets]
        settings = {**self.app.settings, "sockets": sockets}
        server = make_server(self.wsgi, settings, self._show_life, self.app.connections)
        server.run()

    def _show_life(self) -> None:
        """Tell gunicorn that this process lives, and the other processes what is in use here."""
        self.notify()
        if (metrics := metrics_of(self.wsgi.registry)) is not None:
            metrics.tell_connections()
        if os.getppid() != self.ppid:
            # Nobody is left to end this process or to replace it, and its address shall be free again.
            sys.exit("The process that started this one is gone.")


class Master(BaseApplication):  # type: ignore[misc]
    """The process that starts the others and serves nobody; `settings` are waitress's."""

    def __init__(self, app: Any, processes: int, settings: dict[str, str]) -> None:
        self._processes = processes
        host = settings.get("host", "*")
        self._address = address_of(_EVERYWHERE if host == "*" else host, settings["port"])
        self.settings = {name: value for name, value in settings.items() if name not in ("host", "port")}
        self._app = app
        # Of each process, made before any of them is.
        self.connections = Shares()
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn decides; everything about HTTP is waitress's."""
        options = {
            "bind": self._address,
            "workers": self._processes,
            "worker_class": WaitressWorker,
            "logger_class": Log,
            "graceful_timeout": _END_WITHIN_S,
            "timeout": _SILENCE_S_MAX,
            # The application is there before the processes are, so that they have its counters in common.
            "preload_app": True,
            # A second way in, by a socket file in the working directory, that nobody asked for.
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application, ready to be forked."""
        # A connection does not survive a fork; those of the start are not needed any more.
        if (factory := self._app.registry.get("dbsession_factory")) is not None:
            factory.engine.dispose()
        return self._app


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
