"""The pages of journals in and out."""

from __future__ import annotations

from myapp.web import exporting, importing
from myapp.web.page import LEDGER, Page

_FILE = "multipart/form-data"

PAGES: tuple[Page, ...] = (
    Page(
        "import",
        LEDGER + "/import",
        importing.show,
        "import.html",
        "Choose a journal to import, or an export.",
        0,
        parameters=importing.COUNTS,
    ),
    Page(
        "import",
        LEDGER + "/import",
        importing.create,
        "import.html",
        "Import a journal.",
        1_000_000,
        permission="write",
        method="POST",
        prepare=importing.read,
        again=importing.again,
        media_type=_FILE,
        bytes_max="import_bytes_max",
    ),
    Page("trial", LEDGER + "/import/trial", importing.show, "import.html", "Choose a journal to try.", 0),
    Page(
        "trial",
        LEDGER + "/import/trial",
        importing.attempt,
        "import.html",
        "See what an import would bring.",
        1_000_000,
        permission="write",
        method="POST",
        prepare=importing.read,
        again=importing.again,
        keeps=False,
        media_type=_FILE,
        bytes_max="import_bytes_max",
    ),
    Page(
        "export",
        LEDGER + "/export/{format}",
        exporting.read,
        None,
        "Download the books.",
        10,
    ),
)
