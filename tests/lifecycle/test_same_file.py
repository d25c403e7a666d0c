"""A change to a file that has lost its name is not durable, and no 200 may say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import make_url

from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import core_insert

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def test_a_file_that_is_removed_within_the_request_keeps_nothing(
    serve: Serve, bookcase_database: Any
) -> None:
    file = Path(make_url(bookcase_database.url).database or "")

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        file.rename(file.with_suffix(".away"))
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert is_failure(site.ask("/"))
    file.with_suffix(".away").rename(file)
    assert site.rows() == before
