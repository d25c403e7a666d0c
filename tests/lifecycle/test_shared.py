"""Numbers that forked processes have in common: exact, whoever is at it, and whoever is killed at it."""

from __future__ import annotations

import os
from threading import Event, Thread

import pytest

from myapp.db.shared import LOCK_FILE, LockFile, SharedLock, SharedNumbers
from myapp.db.shares import PROCESSES_MAX, Shares
from tests.lifecycle.forking import child_that, end, in_child, in_children

TIMES = 300
PROCESSES = 3


def add(numbers: SharedNumbers[str]) -> None:
    for _ in range(TIMES):
        with numbers.lock:
            seen = numbers["a"]
            # Whoever else could come in here would come in now.
            os.sched_yield()
            numbers["a"] = seen + 1


def add_together(numbers: SharedNumbers[str]) -> None:
    with numbers.lock:
        numbers["ready"] += 1
    while numbers["ready"] < PROCESSES:
        os.sched_yield()
    threads = [Thread(target=add, args=(numbers,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_and_processes_lose_nothing_of_what_they_add() -> None:
    numbers = SharedNumbers(["a", "ready"])
    numbers["a"] = 1
    in_children(PROCESSES, lambda: add_together(numbers))
    assert numbers.copy() == {"a": 1 + 2 * PROCESSES * TIMES, "ready": PROCESSES}


def test_two_locks_between_two_processes_are_no_deadlock() -> None:
    # Each thread has one of them at a time. The kernel, which knows of processes only, takes it for one when
    # either has a lock that the other waits for.
    both = [SharedNumbers(["a"]), SharedNumbers(["a"])]

    def add_to_both() -> list[int]:
        counts = [0, 0]

        def count(number: int) -> None:
            add(both[number])
            counts[number] += 1

        threads = [Thread(target=count, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return counts

    assert in_children(PROCESSES, add_to_both) == [[1, 1]] * PROCESSES
    assert [numbers["a"] for numbers in both] == [PROCESSES * TIMES] * 2


def test_a_fork_while_a_thread_is_at_it_leaves_the_child_an_open_lock() -> None:
    numbers, inside = SharedNumbers(["a"]), Event()

    def hold() -> None:
        with numbers.lock:
            inside.set()
            for _ in range(1_000):
                os.sched_yield()

    thread = Thread(target=hold)
    thread.start()
    inside.wait()
    in_child(lambda: add(numbers))
    thread.join()
    assert numbers["a"] == TIMES


def test_a_process_that_is_killed_lets_go_of_the_lock() -> None:
    lock = SharedLock()
    with child_that(lock.__enter__) as pid:
        end(pid)
        with lock:
            pass


def test_each_lock_is_a_lock_of_its_own() -> None:
    held, free = SharedLock(), SharedLock()
    with child_that(held.__enter__), free:
        pass


def test_what_a_process_has_counts_as_long_as_it_lives() -> None:
    shares = Shares()
    assert shares.total(5) == (5, 1)
    with child_that(lambda: shares.tell(2)):
        with child_that(lambda: shares.tell(40)) as other:
            assert shares.total(5) == (47, 3)
            assert in_child(lambda: shares.total(0)) == [42, 3]
            end(other)
            assert shares.total(5) == (7, 2)
        with child_that(lambda: shares.tell(300)):
            assert shares.total(5) == (307, 3)
    assert shares.total(0) == (0, 1)


def test_who_has_more_than_another_living_process_is_told_so() -> None:
    shares = Shares()
    assert not shares.is_above_another(5)
    with child_that(lambda: shares.tell(2)) as other:
        assert [shares.is_above_another(share) for share in (1, 2, 3)] == [False, False, True]
        shares.tell(3)
        assert in_child(lambda: (shares.tell(2), shares.is_above_another(2))) == [None, False]
        end(other)
        assert not shares.is_above_another(3)


def test_who_has_told_nothing_yet_is_not_counted() -> None:
    shares = Shares()
    with child_that(lambda: shares._own_row()):
        assert (shares.total(5), shares.is_above_another(5)) == ((5, 1), False)


def test_a_process_has_a_row_of_its_own_and_not_its_parents() -> None:
    shares = Shares()
    in_child(lambda: None)
    shares.tell(5)
    with child_that(lambda: shares.tell(2)):
        assert shares.total(5) == (7, 2)


def test_a_process_tells_its_newest_share_in_the_row_that_it_has() -> None:
    shares = Shares()

    def tell_often() -> None:
        for share in range(2 * PROCESSES_MAX):
            shares.tell(share)

    with child_that(tell_often):
        assert shares.total(0) == (2 * PROCESSES_MAX - 1, 2)


def test_while_there_is_one_process_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOCK_FILE, "descriptor", None)
    shares, numbers = Shares(), SharedNumbers(["a"])
    add(numbers)
    shares.tell(3)
    assert (shares.total(4), numbers["a"], LOCK_FILE.descriptor) == ((4, 1), TIMES, None)


def test_a_lock_that_cannot_be_asked_for_is_no_lock_that_another_has() -> None:
    file = LockFile()
    file.make()
    assert file.try_lock(file.reserve(1))
    assert file.descriptor is not None
    os.close(file.descriptor)
    # Whoever took this for a lock that another has would wait for nobody.
    with pytest.raises(OSError, match="Bad file descriptor"):
        file.try_lock(0)
