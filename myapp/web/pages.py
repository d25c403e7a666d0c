"""The table of pages: the one declaration from which registration and the tests are made."""

from __future__ import annotations

from myapp.web.page import Page
from myapp.web.pages_of_interchange import PAGES as OF_INTERCHANGE
from myapp.web.pages_of_the_books import PAGES as OF_THE_BOOKS
from myapp.web.pages_of_the_journal import PAGES as OF_THE_JOURNAL
from myapp.web.pages_of_the_reports import PAGES as OF_THE_REPORTS
from myapp.web.pages_of_the_service import PAGES as OF_THE_SERVICE

PAGES: tuple[Page, ...] = (
    *OF_THE_SERVICE,
    *OF_THE_BOOKS,
    *OF_THE_JOURNAL,
    *OF_THE_REPORTS,
    *OF_INTERCHANGE,
)
