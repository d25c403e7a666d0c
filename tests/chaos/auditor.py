"""A client that only reads, all the while: every single answer must add up, and show nothing below zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random
from threading import Event
from typing import Any
from urllib.parse import quote

from tests.chaos.calling import Answer, Caller, NoAnswerError, UnreachableError
from tests.chaos.records import BOOKS, EQUITY, SCALES, Record, as_minor
from tests.chaos.stage import Stage
from tests.chaos.transfers import ACCOUNTS, FUNDS_MINOR

# Short, but there: without it the readers would take the processors from those who write.
PAUSE_S_MAX = 0.05
PART = ACCOUNTS[0][:-1]
FUNDED_MINOR = {asset: len(ACCOUNTS) * FUNDS_MINOR[asset] for asset in SCALES}


class Auditor:
    """One reader on one thread: balances, the list of accounts, and single accounts in turn."""

    def __init__(self, stage: Stage, random: Random, stop: Event) -> None:
        self.record = Record()
        self._callers = stage.callers()
        self._random = random
        self._stop = stop

    def run(self) -> None:
        """Read until told to stop."""
        while not self._stop.is_set():
            read = self._random.choice((self._balances, self._some_balances, self._accounts, self._account))
            # Answers may fail to come while servers are killed; those that come must be right.
            with suppress(UnreachableError, NoAnswerError):
                self.record.breaches += read(self._random.choice(self._callers))
            self._stop.wait(self._random.uniform(0, PAUSE_S_MAX))
        for caller in self._callers:
            caller.close()

    def _balances(self, caller: Caller) -> list[str]:
        document = self._read(caller, f"{BOOKS}/balances?limit=500")
        return [] if document is None else list(wrong_balances(document))

    def _some_balances(self, caller: Caller) -> list[str]:
        # What a part of the accounts holds changes all the time; one answer shows one moment of it.
        document = self._read(caller, f"{BOOKS}/balances?limit=500&prefix={quote(PART)}")
        return [] if document is None else list(wrong_totals(document))

    def _accounts(self, caller: Caller) -> list[str]:
        document = self._read(caller, f"{BOOKS}/accounts?limit=500")
        if document is None or {each["path"] for each in document["data"]} == {EQUITY, *ACCOUNTS}:
            return []
        return [f"accounts: the list is {document}"]

    def _account(self, caller: Caller) -> list[str]:
        path = self._random.choice(ACCOUNTS)
        document = self._read(caller, f"{BOOKS}/accounts/{quote(path, safe='')}")
        return [] if document is None else list(wrong_account(document))

    def _read(self, caller: Caller, path: str) -> dict[str, Any] | None:
        answer = caller.get(path)
        if answer.status == 200:
            self.record.reads += 1
            return answer.document
        if answer.status != 503:
            self.record.breaches.append(_unexpected(path, answer))
        return None


def _unexpected(path: str, answer: Answer) -> str:
    return f"unexpected: {path} was answered {answer}"


def wrong_balances(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in one answer of `GET balances` that holds all accounts."""
    sums: Counter[str] = Counter()
    for each in document["data"]:
        for asset, text in each["balances"].items():
            amount = as_minor(text, SCALES[asset])
            sums[asset] += amount
            if each["account"] == EQUITY and amount != -FUNDED_MINOR[asset]:
                yield f"read: {EQUITY} holds {text} {asset}, though no transfer touches it"
            elif each["account"] != EQUITY and amount < 0:
                yield f"read: {each['account']} holds {text} {asset}"
    yield from (f"read: {asset} adds up to {sums[asset]}" for asset in SCALES if sums[asset])
    yield from wrong_totals(document)


def wrong_totals(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the totals that are not what the accounts of the same answer add up to."""
    for asset, text in document["totals"].items():
        balances = [each["balances"].get(asset, "0") for each in document["data"]]
        added = sum(as_minor(each, SCALES[asset]) for each in balances)
        if added != as_minor(text, SCALES[asset]):
            yield f"read: the {asset} of one answer adds up to {added}, its total is {text}"


def wrong_account(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in one account: below zero, not debits minus credits, or more is held."""
    for asset, balance in document["balances"].items():
        net, debits, credits_, held, available = (
            as_minor(balance[name], SCALES[asset])
            for name in ("balance", "debits", "credits", "pending_credits", "available")
        )
        if net < 0 or net != debits - credits_ or available < 0 or available != net - held:
            yield f"read: {document['path']} is {balance} in {asset}"
