"""A request that fails: what the next one sees, what others wait for, and what is left in the database."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.model import TAKEN
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import Site, served


@dataclass(frozen=True)
class Failures:
    """Of `rounds` each: see the functions that count them."""

    rounds: int
    seen_by_next: int
    locked_out: int
    half_left_at_once: int
    half_left_after_next_commit: int
    broken_followers: int
    forgotten_commits_lost: int


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Failures:
    """Fail midway again and again; then fail once by a database error; then forget to commit."""
    with served(strategy, databases) as site:
        rounds = [_fail_midway(site, number) for number in range(scale.rounds)]
    seen, locked_out, left_at_once, left_later = (sum(column) for column in zip(*rounds, strict=True))
    with served(strategy, databases) as site:
        broken = _broken_followers(site, scale.rounds)
    with served(strategy, databases) as site:
        lost = sum(_is_lost_without_commit(site, number) for number in range(scale.rounds))
    return Failures(scale.rounds, seen, locked_out, left_at_once, left_later, broken, lost)


def _fail_midway(site: Site, number: int) -> tuple[bool, bool, bool, bool]:
    """Take from an account and fail; then let the same thread serve a GET and a POST that succeeds."""
    before = site.witness.balance()
    site.post("/transfer?source=1&target=2&fail")
    locked_out = site.witness.is_locked_out()
    left_at_once = site.witness.balance() != before
    seen_by_next = site.get("/balance").body != before
    site.post(f"/note?body=after-{number}")
    return seen_by_next, locked_out, left_at_once, site.witness.balance() != before


def _broken_followers(site: Site, followers: int) -> int:
    """Count the reads that fail because an earlier request violated a unique constraint."""
    site.post(f"/note?body={TAKEN}")
    return sum(not site.get("/balance").ok for _ in range(followers))


def _is_lost_without_commit(site: Site, number: int) -> bool:
    """Say whether a note is missing although its view, which forgot the commit, was answered 200."""
    body = f"forgotten-{number}"
    answer = site.post(f"/note?body={body}&forget")
    found = site.witness.scalar(f"SELECT count(*) FROM note WHERE body = '{body}'")
    return answer.ok and found == 0
