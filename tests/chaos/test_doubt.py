"""An attempt whose COMMIT was cut off leaves a doubt, and no later attempt's failure may deny it."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.apps import close, make_app
from tests.chaos.records import LEDGER, TRANSACTIONS, Leg, Order
from tests.databases import Database
from tests.lifecycle.witness import connect

# A deferred trigger runs within COMMIT, and a sequence counts on through what is rolled back: the first
# COMMIT loses its connection, every later one finds the disk full.
CUT_THEN_FULL = """
CREATE SEQUENCE commits;
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END IF;
    RAISE EXCEPTION 'no space left' USING ERRCODE = '53100';
END $$;
CREATE CONSTRAINT TRIGGER trouble AFTER INSERT ON txn DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION trouble()
"""


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_nobody_is_told_that_nothing_was_changed_while_an_earlier_attempt_is_in_doubt(
    database: Database,
) -> None:
    app = make_app(database)
    app.post_json("/v1/ledgers", {"name": LEDGER, "assets": [{"code": "USD", "scale": 2}]}, status=201)
    with closing(connect(database)) as connection:
        connection.execute(CUT_THEN_FULL)
    order = Order("cut", (Leg("assets:bank:00", "USD", 1), Leg("assets:bank:01", "USD", -1)))
    answer = app.post_json(TRANSACTIONS, order.body(), headers={"Idempotency-Key": order.key}, status=503)
    close(app)
    assert "nothing was changed" not in answer.json["detail"]
