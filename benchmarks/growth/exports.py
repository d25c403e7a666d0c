"""What an export of the whole books costs a real server: its memory above idle, and the time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.growth.generator import LEDGER
from benchmarks.growth.trade import ASSET
from tests.serving import Server, served

FORMATS = ("ndjson", "csv", "hledger")

_SMALL = "small"
_READ_BYTES = 256 * 1024
_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Exported:
    """One export: how many bytes and seconds, and the server's peak above idle while it ran."""

    size_bytes: int
    seconds: float
    above_idle_mib: float


def export_all(url: str, folder: Path) -> dict[str, Exported]:
    """Export the books in each format, one after another, from one server that is warm."""
    with served("development.ini", url, folder) as server:
        _warm_up(server)
        idle_kib = _status_kib(server, "VmRSS")
        return {each: _export(server, each, idle_kib) for each in FORMATS}


def _export(server: Server, format_name: str, idle_kib: int) -> Exported:
    # Makes the peak what the process has now.
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    began_s = time.monotonic()
    size_bytes = sum(map(len, _download(server, LEDGER, format_name)))
    seconds = time.monotonic() - began_s
    return Exported(size_bytes, seconds, (_status_kib(server, "VmHWM") - idle_kib) / 1024)


def _warm_up(server: Server) -> None:
    # A server that has answered before: all that requests need is loaded, and each way of writing was taken.
    _post(server, "/v1/ledgers", {"name": _SMALL, "assets": [{"code": ASSET, "scale": 2}]})
    postings = [("assets:cash", "1.00"), ("income:gifts", "-1.00")]
    body = {"postings": [{"account": path, "asset": ASSET, "amount": amount} for path, amount in postings]}
    _post(server, f"/v1/ledgers/{_SMALL}/transactions", body)
    for format_name in FORMATS:
        for _ in _download(server, _SMALL, format_name):
            pass


def _post(server: Server, path: str, body: object) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_S)
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 201:
        raise RuntimeError(f"{path} was answered {answer.status}: {answer.read()[:300]!r}")
    connection.close()


def _download(server: Server, ledger: str, format_name: str) -> Iterator[bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_S)
    connection.request("GET", f"/v1/ledgers/{ledger}/export?format={format_name}")
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"the export was answered {answer.status}: {answer.read()[:300]!r}")
    # An answer that is cut off raises, because it is sent in chunks.
    while piece := answer.read(_READ_BYTES):
        yield piece
    connection.close()


def _status_kib(server: Server, name: str) -> int:
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1])
