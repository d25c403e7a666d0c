"""When all is quiet: compare every record with the tables and the API, and repeat what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from subprocess import CalledProcessError
from typing import Any

from tests.chaos.books import Books, read_books
from tests.chaos.calling import Caller
from tests.chaos.checker import breaches
from tests.chaos.records import BOOKS, HOLDS, TRANSACTIONS, Record, Request, Verdict
from tests.chaos.servers import command
from tests.chaos.stage import Stage

REPLAYS = 200


@dataclass(frozen=True)
class Findings:
    """Every breach, and how many of the requests in doubt turned out to be kept, which is no breach."""

    breaches: list[str]
    doubtful_kept: int


def examine(stage: Stage, record: Record, random: Random) -> Findings:
    """Return what was wrong: seen by the clients, in tables, replays and the API's lists, and by `verify`."""
    requests = [*stage.funded, *record.requests]
    books = read_books(stage.database)
    found = [*record.breaches, *breaches(requests, books)]
    callers = stage.callers()
    # Only now, because repeating the request of a lost transaction would bring it back.
    found += _replayed(requests, callers, random)
    if read_books(stage.database) != books:
        found.append("replayed: repeating acknowledged requests changed the books")
    found += _listed(callers[0], books, requests)
    found += _holds_listed(callers[0], books)
    found += _verified(callers[0])
    found += _verified_by_command(stage)
    for caller in callers:
        caller.close()
    in_doubt = {request.key for request in requests if request.verdict is Verdict.IN_DOUBT}
    return Findings(found, len(in_doubt & (books.keys.keys() | books.answers.keys())))


def _replayed(requests: Sequence[Request], callers: Sequence[Caller], random: Random) -> Iterator[str]:
    kept = [request for request in requests if request.verdict is Verdict.KEPT]
    for request in random.sample(kept, min(REPLAYS, len(kept))):
        answer = random.choice(callers).post(request.path, request.body(), request.key)
        if (answer.status, answer.replayed, answer.document) != (request.accepted, True, request.answer):
            yield f"replayed: {request.key} was answered {request.answer} and now {answer}"


def _listed(caller: Caller, books: Books, requests: Sequence[Request]) -> Iterator[str]:
    listed = {each["id"]: each for each in _pages(caller, TRANSACTIONS)}
    if listed.keys() != books.descriptions.keys():
        yield f"listed: {len(listed)} transactions, in the table are {len(books.descriptions)}"
    for request in requests:
        for told in request.transactions():
            if listed.get(told["id"]) != told:
                yield f"listed: {request.key} was answered {told}, the list has {listed.get(told['id'])}"


def _holds_listed(caller: Caller, books: Books) -> Iterator[str]:
    listed = {each["id"]: each for each in _pages(caller, HOLDS)}
    if listed.keys() != books.holds.keys():
        yield f"listed: {len(listed)} holds, in the table are {len(books.holds)}"
    for row, shown in ((books.holds[each], listed[each]) for each in listed.keys() & books.holds.keys()):
        # Nobody has marked it yet; to whoever asks it is expired all the same.
        is_overdue = row.status == "open" and shown["status"] == "expired" and shown["expires_at"]
        if (shown["status"] != row.status and not is_overdue) or tuple(shown["captures"]) != row.captures:
            yield f"listed: a hold is {row} in the table, the list has {shown}"


def _verified(caller: Caller) -> Iterator[str]:
    # The checker recomputes the books by itself, on purpose; the service's own verdict must be the same.
    answer = caller.get(f"{BOOKS}/verify")
    if answer.status != 200 or not answer.document["ok"]:
        yield f"verified: the service was asked, and answered {answer}"


def _verified_by_command(stage: Stage) -> Iterator[str]:
    try:
        command(stage.database, "verify")
    except CalledProcessError as error:
        yield f"verified: the command was run, and printed {error.stdout}"


def _pages(caller: Caller, path: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = caller.get(f"{path}?limit=500{cursor}").document
        yield from page["data"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
