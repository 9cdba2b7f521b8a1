"""Support: does the verifier tell claims that their evidence supports from those that it contradicts, or says nothing of?

The sets are JSONL files of claim, evidence and label (`support`, `contradict`, `neutral`). The product reads evidence as it reads a quote; evidence
longer than two sentences, at the sentence that is closest to the claim. A set may have two of the labels: then only those can be chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from assistant.verification.calibration import as_evidence
from assistant.verification.checks import CHECKS
from assistant.verification.features import NEAR, TABLED, Judge, begins, read, with_judgement
from assistant.verification.figures import SUPPORT, auroc, ece, likeliest, macro_f1, reliability
from assistant.verification.labelled import LabelledError, LabelledPair, gold_labels, read_labelled
from assistant.verification.labels import LABELS, Floats, Ints, Label
from assistant.verification.model import best_for
from assistant.verification.neural import load_neural
from evals.cache import CachedEmbedder, cache_folder
from evals.errors import DataError
from evals.metrics import intervals
from evals.plots import reliability_plot
from evals.result import Comparison, Measure, Measures
from evals.suites.base import Case, Line, Options, Outcome, Progress
from indexes.embedding import load_embedder

SHIPPED = "verifier"
FLOORS = ("word overlap", "embedding cosine", "always support")
HARDEST = 20
AT_ONCE = 64


class SupportSuite:
    """Accuracy, macro-F1, AUROC (support against the rest) and calibration error of the verifier, of floors, and without each of its checks."""

    name = "support"
    summary = "claims beside evidence that supports, contradicts or ignores them (JSONL: claim, evidence, label)"

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome:
        """Judge every pair and measure. Raises `DataError` where the set cannot be read, and whatever the embedder raises."""
        if not data.exists():
            raise DataError(
                f"{data}: no such file; --data takes a JSONL file of claims and evidence, or a folder of them"
            )
        try:
            pairs = read_labelled(data)
        except LabelledError as error:
            raise DataError(str(error)) from error
        with closing(CachedEmbedder(load_embedder(), cache_folder() / "embeddings.sqlite")) as embedder:
            judge = neural_judge()
            values, faults = _values(pairs, embedder, judge, progress)
            version = embedder.name
        gold = gold_labels(pairs)
        systems = {SHIPPED: _product(values), **floors(values)}
        systems |= {f"without {name}": _product(_without(values, name)) for name in ABLATIONS}
        measures = {name: _measures(each, gold, options) for name, each in systems.items()}
        right = {
            name: [float(chosen == wanted) for chosen, wanted in zip(likeliest(each, gold), gold, strict=True)]
            for name, each in systems.items()
        }
        best = max(FLOORS, key=lambda floor: measures[floor]["accuracy"].value)
        compared = intervals.paired_difference(
            right[SHIPPED], right[best], best, resamples=options.resamples, seed=options.seed
        )
        return Outcome(
            data=data.stem,
            n=len(pairs),
            shipped=SHIPPED,
            systems=measures,
            values={name: {"accuracy": each} for name, each in right.items()},
            comparisons={"accuracy": Comparison(**compared.model_dump())},
            hardest=_hardest(pairs, systems[SHIPPED], gold, faults),
            problems=[] if 0 < (gold == SUPPORT).mean() < 1 else [NO_AUROC],
            left_out=_counted(pairs),
            settings={"resamples": options.resamples, "neural": "yes" if judge else "no", "model": _model_name(values)},
            versions={"embedder": version},
            plots=[
                reliability_plot(
                    {name: reliability(systems[name][:, SUPPORT], gold == SUPPORT) for name in (SHIPPED, *FLOORS[:2])},
                    "How often what is called supported so surely is supported", "reliability",
                )
            ],
        )  # fmt: skip


NO_AUROC = "AUROC compares pairs that are supported with pairs that are not; this set has only one of these sorts, and is given none"
ABLATIONS: Mapping[str, tuple[str, ...]] = {
    **{name: (f"amiss_{name}", f"amiss_best_{name}") for name in CHECKS if name != "terms"},
    "tables": ("amiss_tables", *TABLED),
    "nearness": (NEAR,),
    "words": ("amiss_terms", "amiss_best_terms", "share", "jaccard"),
    "meaning": ("cosine",),
    "neural": ("neural",),
}
"""What is left out -> how the names of its features begin. A feature that is left out has its mean: nothing is known of it."""


def neural_judge() -> Judge | None:
    """The neural verifier's judgement, where one is installed."""
    found = load_neural()
    return found.probabilities if found else None


def _values(
    pairs: Sequence[LabelledPair], embedder: CachedEmbedder, judge: Judge | None, progress: Progress
) -> tuple[list[dict[str, float]], list[list[str]]]:
    values, noted = [], []
    for start in range(0, len(pairs), AT_ONCE):
        batch = pairs[start : start + AT_ONCE]
        judged = judge([(pair.claim, pair.evidence) for pair in batch]) if judge else None
        for number, pair in enumerate(batch):
            found = read(pair.claim, as_evidence(pair), embedder.embed_passages)
            seen = dict(found.values)
            values.append(with_judgement(seen, judged[number].tolist()) if judged is not None else seen)
            noted.append([f"{name}: {finding.text}" for name, finding in found.findings.items() if finding.text])
        progress("verifying", min(start + AT_ONCE, len(pairs)), len(pairs))
    return values, noted


def _product(values: Sequence[Mapping[str, float]]) -> Floats:
    model = best_for(values[0])
    return model.probabilities(np.array([[each[name] for name in model.features] for each in values]))


def _without(values: Sequence[Mapping[str, float]], name: str) -> list[dict[str, float]]:
    model = best_for(values[0])
    means = dict(zip(model.features, model.means, strict=True))
    starts = ABLATIONS[name]
    return [
        {feature: means.get(feature, value) if begins(feature, starts) else value for feature, value in each.items()}
        for each in values
    ]


def floors(values: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    """What needs no verifier: the share of the claim's words in the evidence, closeness in meaning, and saying yes to everything."""
    return {
        "word overlap": _as_probabilities(np.array([each["share_telling"] for each in values])),
        "embedding cosine": _as_probabilities(
            np.clip((np.array([each["cosine"] for each in values]) - 0.5) / 0.45, 0, 1)
        ),
        "always support": np.tile([1.0, 0.0, 0.0], (len(values), 1)),
    }


def _as_probabilities(support: Floats) -> Floats:
    """A floor knows only support: the rest is called neutral, or contradicted where the set has nothing neutral."""
    return np.column_stack([support, (1 - support) * 0.49, (1 - support) * 0.51])


def _measures(probabilities: Floats, gold: Ints, options: Options) -> Measures:
    support, supported, chosen = probabilities[:, SUPPORT], gold == SUPPORT, likeliest(probabilities, gold)

    def over(statistic: Callable[[Ints], float]) -> Measure:
        return intervals.of_cases(len(gold), statistic, resamples=options.resamples, seed=options.seed)

    both = bool(supported.any()) and not supported.all()
    return {
        **({"auroc": over(lambda drawn: auroc(support[drawn], supported[drawn]))} if both else {}),
        "macro_f1": over(lambda drawn: macro_f1(chosen[drawn], gold[drawn])),
        "accuracy": over(lambda drawn: float((chosen[drawn] == gold[drawn]).mean())),
        "ece": over(lambda drawn: ece(support[drawn], supported[drawn])),
    }


def _hardest(
    pairs: Sequence[LabelledPair], probabilities: Floats, gold: Ints, faults: Sequence[Sequence[str]]
) -> list[Case]:
    """The pairs whose gold label got the lowest probability, with what the checks noted."""
    surest = probabilities[np.arange(len(gold)), gold]
    cases = []
    for place in np.argsort(surest, kind="stable")[:HARDEST].tolist():
        pair = pairs[place]
        label: Label = LABELS[int(probabilities[place].argmax())]
        expected = [Line(pair.label, pair.evidence[:400], f"probability {surest[place]:.2f}", good=False)]
        found = [
            Line(
                label,
                "; ".join(faults[place]) or "nothing amiss",
                f"support {probabilities[place, SUPPORT]:.2f}",
                good=False,
            )
        ]
        cases.append(Case(pair.id, pair.claim, float(surest[place]), expected, found))
    return cases


def _counted(pairs: Sequence[LabelledPair]) -> dict[str, int]:
    return {f"labels, none called {label}": 0 for label in LABELS if not any(pair.label == label for pair in pairs)}


def _model_name(values: Sequence[Mapping[str, float]]) -> str:
    model = best_for(values[0])
    return "neural" if any(name.startswith("neural") for name in model.features) else "meaning"
