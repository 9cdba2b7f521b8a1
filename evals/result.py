"""`result.json`: what a run measured, as the evaluation contract of `docs/architecture.md` lays it down."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Base of the contract: unknown fields are a mistake, values do not change once made, and no number is NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Measure(Model):
    """A metric over `n` cases with its 95% bootstrap interval.

    The unit is in the metric's name: `…_ms` is milliseconds, everything else a share in [0, 1] (a difference, or a kappa: in [-1, 1]).
    """

    value: float
    low: float
    high: float
    n: int = Field(ge=1)

    def __str__(self) -> str:
        """The measure as a line of the command's output shows it: `0.742 [0.713, 0.771]  n=323`."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]  n={self.n}"


class Comparison(Measure):
    """The shipped system's metric minus that of its best part, over the same cases, with its paired interval."""

    baseline: str


Measures = dict[str, Measure]


class Result(Model):
    """One run of one suite over one set. `metrics` is the product as shipped; `systems` has it and what it is compared with."""

    suite: str
    data: str = Field(description="The set's name: never a path of the machine that measured.")
    n: int = Field(ge=1, description="Cases measured.")
    judge: Measures = Field(
        default_factory=dict,
        description="How far the model that judges agrees with gold labels, and the verifier beside it; read it before what is judged.",
    )
    metrics: Measures
    systems: dict[str, Measures]
    comparisons: dict[str, Comparison] = Field(description="Metric -> the shipped system minus its best part.")
    failures: int = Field(ge=0, description="Faults of the set or the run: unknown ids, cases that could not be asked.")
    problems: list[str] = Field(description="The first of the failures, in words.")
    left_out: dict[str, int] = Field(description="Cases that cannot be measured, counted by reason.")
    settings: dict[str, int | str]
    seed: int
    command: str
    versions: dict[str, str]
    hardware: dict[str, str | int | float]
    seconds: float = Field(ge=0)
