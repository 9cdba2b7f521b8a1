"""How far a training is, by its steps and by the clock: whichever is further decides the learning rate and when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """`steps` is the whole training, `warmup` a share of it; `max_seconds`, counted from `start`, may end it earlier."""

    def __init__(
        self, steps: int, warmup: float, max_seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.steps = steps
        self._warmup = warmup
        self._max_seconds = max_seconds
        self._clock = clock
        self._started = clock()

    def start(self) -> None:
        """Count the time from now: what was loaded before is not training."""
        self._started = self._clock()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._started

    def done(self, step: int) -> float:
        """The share of the training that is behind `step`, by steps or by time."""
        by_time = self.seconds / self._max_seconds if self._max_seconds else 0.0
        return min(max(step / self.steps, by_time), 1.0)

    def factor(self, step: int) -> float:
        """What the highest learning rate is multiplied by: up in a straight line during the warm-up, down to zero after it."""
        done = self.done(step)
        if done < self._warmup:
            return min(max(done, 1 / self.steps) / self._warmup, 1.0)
        return (1 - done) / (1 - self._warmup)

    def expected_steps(self, step: int) -> int:
        """How many steps there will be, as far as the pace until now tells."""
        done = self.done(step)
        return max(round(step / done), step) if step and done else self.steps
