"""The status alone decides, whatever other veto the deployment's file asks for."""

from __future__ import annotations

import logging

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response

from tests.lifecycle.conftest import Serve
from tests.lifecycle.writes import writing

# It commits a 500 whose header says "commit", and aborts a 200 whose header says anything else.
STOCK_VETO = {"tm__commit_veto": "pyramid_tm.default_commit_veto"}


@pytest.mark.parametrize(("status", "kept"), [(200, True), (302, True), (409, False), (500, False)])
@pytest.mark.parametrize("header", ["abort", "commit"])
def test_a_header_does_not_outvote_the_status(serve: Serve, status: int, kept: bool, header: str) -> None:
    answer = Response(status=status, headers={"X-Tm": header})
    site = serve(writing("/{write}", lambda: answer), **STOCK_VETO)
    before = site.rows()
    assert site.ask("/core_insert") == status
    assert (site.rows() != before) is kept


SETTLED = {
    "tm.commit_veto": "pyramid_tm.default_commit_veto",
    "tm.manager_hook": "pyramid_tm.explicit_manager",
    "tm.annotate_user": "true",
    "retry.attempts": "1",
}


@pytest.mark.parametrize("name", SETTLED)
def test_what_the_contract_rests_on_cannot_be_changed_afterwards(serve: Serve, name: str) -> None:
    def change(config: Configurator) -> None:
        config.add_settings({name: SETTLED[name]})

    with pytest.raises(ConfigurationError, match=name):
        serve(change)


def test_what_the_file_says_of_it_is_said_to_be_ignored(serve: Serve, caplog) -> None:
    with caplog.at_level(logging.WARNING, logger="myapp.db"):
        serve(**STOCK_VETO)
    assert "tm.commit_veto: ignored" in caplog.text
