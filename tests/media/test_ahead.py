"""A producer that runs ahead: in order, bounded, and never left running."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bonaface.media.ahead import prefetch


def running() -> int:
    return sum(thread.name == "prefetch" for thread in threading.enumerate())


def test_items_come_in_order_and_not_too_far_ahead() -> None:
    made = []

    def produce() -> Iterator[int]:
        for k in range(50):
            made.append(k)
            yield k

    for k in prefetch(produce(), 4):
        assert len(made) <= k + 4 + 3
        time.sleep(0.001)
    assert made == list(range(50))
    assert running() == 0


def test_an_error_comes_after_the_items_before_it() -> None:
    def produce() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("broken")

    items = prefetch(produce(), 4)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert running() == 0


def test_stopping_early_closes_the_producer() -> None:
    closed = threading.Event()

    def produce() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    items = prefetch(produce(), 2)
    next(items)
    items.close()
    assert closed.is_set()
    assert running() == 0


def test_producing_and_consuming_overlap() -> None:
    made = threading.Semaphore(0)

    def produce() -> Iterator[int]:
        for k in range(3):
            yield k
            made.release()

    items = prefetch(produce(), 4)
    next(items)
    assert all(made.acquire(timeout=10) for _ in range(3)), "all is made while the first is in use"
    assert list(items) == [1, 2]
