"""A view that is ended from outside gives its connection back, whatever else goes wrong on the way out."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.response import Response

from tests.lifecycle.bystanders import fault
from tests.lifecycle.conftest import Serve, leftovers
from tests.lifecycle.site import at
from tests.lifecycle.writes import core_insert


@pytest.mark.parametrize("callback", [id, fault])
def test_nothing_is_left_checked_out(serve: Serve, callback: Any) -> None:
    def view(request: Any) -> Response:
        request.add_finished_callback(callback)
        core_insert(request.dbsession)
        request.add_finished_callback(callback)
        raise SystemExit

    site = serve(at("/", view), sqlalchemy__pool_size="1")
    before = site.rows()
    for _ in range(2):
        assert isinstance(site.ask("/"), SystemExit if callback is id else ValueError)
        assert leftovers(site) == []
    assert site.rows() == before
