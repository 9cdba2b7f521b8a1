"""Turns are taken one at a time and in order."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from indexes.turns import Turns


def test_a_waiter_is_let_in_before_a_busy_thread_comes_round_again() -> None:
    turns, order, waiting = Turns(), [], threading.Event()

    def ask() -> None:
        waiting.set()
        with turns:
            order.append("question")

    asking = threading.Thread(target=ask)
    for number in range(50):
        with turns:
            order.append(f"batch {number}")
            if number == 3:
                asking.start()
                waiting.wait()
                while len(turns._waiting) < 2:
                    time.sleep(0.001)
    asking.join()
    assert order.index("question") == 4


def test_no_two_are_in_at_once_and_an_error_lets_the_next_in() -> None:
    turns, inside, most = Turns(), 0, 0

    def work(fails: bool) -> None:
        nonlocal inside, most
        for _ in range(200):
            with suppress(ZeroDivisionError), turns:
                inside += 1
                most = max(most, inside)
                inside -= 1
                _ = 1 / (not fails)

    threads = [threading.Thread(target=work, args=(number % 2 == 0,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
