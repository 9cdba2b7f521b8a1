"""How far a judge agrees with people: its verdicts on claims that are labelled, beside the verifier's on the same claims."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.verification.labelled import LabelledError, LabelledPair, read_labelled
from evals.errors import CallError, DataError
from evals.metrics import intervals
from evals.metrics.agreement import Bools, kappa
from evals.result import Measures
from evals.suites.base import Options

FOLDER = "support"


def find_gold(data: Path, given: Path | None) -> Path:
    """The labelled pairs: those given, or `support/` beside or above the set. Raises `CallError` where there are none.

    What a judge says is worth what it is worth on claims whose answer is known: without these nothing is judged.
    """
    if given is not None:
        if not given.exists():
            raise CallError(
                f"{given}: no such file; --gold takes a JSONL file of claims, evidence and labels, or a folder"
            )
        return given
    beside = data if data.is_dir() else data.parent
    for folder in (beside / FOLDER, beside.parent / FOLDER):
        if folder.is_dir():
            return folder
    raise CallError(
        "A judging model is tried on labelled claims before anything that it judges is reported: give them with --gold (a JSONL file of claim, "
        "evidence and label, or a folder of them)"
    )


def draw(path: Path, limit: int, seed: int) -> list[LabelledPair]:
    """Pairs drawn by the seed: of every set alike, and of each half that are supported and half that are not. Raises `DataError`."""
    try:
        pairs = read_labelled(path)
    except LabelledError as error:
        raise DataError(str(error)) from error
    random.Random(seed).shuffle(pairs)  # noqa: S311
    kinds: dict[tuple[str, bool], list[LabelledPair]] = {}
    for pair in pairs:
        kinds.setdefault((pair.source, is_supported(pair)), []).append(pair)
    queues = [kinds[kind] for kind in sorted(kinds)]
    drawn: list[LabelledPair] = []
    while len(drawn) < limit and any(queues):
        for queue in queues:
            if queue and len(drawn) < limit:
                drawn.append(queue.pop())
    return drawn


def is_supported(pair: LabelledPair) -> bool:
    """Whether people say that the evidence supports the claim; contradiction and silence are one here, as they are for faithfulness."""
    return pair.label == "support"


def agreement(name: str, said: Sequence[bool | None], pairs: Sequence[LabelledPair], options: Options) -> Measures:
    """Accuracy and Cohen's kappa of verdicts on pairs; `None` is a verdict that failed, which is wrong whatever the label."""
    gold = np.array([is_supported(pair) for pair in pairs])
    verdicts = np.array([not label if verdict is None else verdict for verdict, label in zip(said, gold, strict=True)])

    def of_both(of: Bools, label: Bools) -> float:
        return float((of == label).mean())

    return {
        f"{name}_{measured}": intervals.of_cases(
            len(pairs),
            lambda drawn, statistic=statistic: statistic(verdicts[drawn], gold[drawn]),  # type: ignore[misc]
            resamples=options.resamples,
            seed=options.seed,
        )
        for measured, statistic in (("accuracy", of_both), ("kappa", kappa))
    }
