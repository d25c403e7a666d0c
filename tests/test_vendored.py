"""What others wrote and we carry along is what they published, and is listed with its hash."""

from __future__ import annotations

import hashlib
import re

from tests.serving import ROOT

FOLDERS = ("myapp/api/explorer", "myapp/web/static/vendor")
OWN = {"__init__.py", "index.html", "start.js"}
LISTED = re.compile(r"^\| `([^`]+)` \| ([0-9a-f]{64}) \|$", re.MULTILINE)


def test_every_vendored_file_is_listed_with_its_hash() -> None:
    there = {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in (ROOT / folder).iterdir()
        if path.is_file() and path.name not in OWN
    }
    assert dict(LISTED.findall((ROOT / "docs" / "dependencies.md").read_text())) == there
    assert {name.rpartition("/")[2] for name in there} >= {"swagger-ui.css", "htmx.min.js", "LICENSE.pico"}
