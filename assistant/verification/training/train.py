"""The verifier from data to a file: the mixture, then the support sets with cross-validation, then int8. A killed run goes on when called again."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from assistant.verification.figures import SupportFigures
from assistant.verification.labelled import LabelledPair, read_labelled
from assistant.verification.neural import JUDGED, MODEL, VerifierSpec
from assistant.verification.training.base import make_base
from assistant.verification.training.conclusions import concluded
from assistant.verification.training.export import export_verifier, verifier_agreement
from assistant.verification.training.halves import KeptStates
from assistant.verification.training.loop import TRAINED, Tell, saying, train, wait_passively
from assistant.verification.training.mix import Mix, mixed_pairs, read_mix
from assistant.verification.training.perturbation import made_by_rule, read_texts
from assistant.verification.training.recipe import SUPPORT_RECIPE, NeuralRecipe
from assistant.verification.training.validation import Measured, cross_validated, write_judged
from indexes.embedding.weights import fingerprint
from indexes.finetuning.checkpoint import need_models_extra
from indexes.reranking import DEFAULT as BASE

CARD = "card.json"
BY_RULE, CONCLUSIONS = 5000, 9000  # pairs made from abstracts, beside a whole mixture
FOLDS = 3
COMPARED = 40  # pairs on which int8 is compared with the checkpoint
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime")
NAME = "citewell-verifier"


class TrainingSet(BaseModel):
    """A set that was learnt from, with its pairs by label."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    stage: str
    labels: dict[str, int]


class VerifierCard(BaseModel):
    """How a verifier was made and what was measured.

    `before` are the figures of the model that saw no pair of the support sets, `cross_validated` those of models that saw the other folds of them;
    the model in the file learnt from all folds. `agreement` is the correlation of its probabilities with those of the checkpoint before int8.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base: str
    data: list[TrainingSet]
    recipe: dict[str, Any]
    support_recipe: dict[str, Any]
    runs: dict[str, dict[str, Any]]
    folds: int
    before: dict[str, SupportFigures]
    cross_validated: dict[str, SupportFigures]
    temperature: float
    agreement: float
    fingerprint: str
    versions: dict[str, str]


def train_neural(
    nli: Path,
    target: Path,
    work: Path,
    tell: Tell,
    *,
    support: Sequence[Path] = (),
    corpus: Path | None = None,
    folds: int = FOLDS,
    recipe: NeuralRecipe | None = None,
    support_recipe: NeuralRecipe | None = None,
    mix: Mix | None = None,
) -> VerifierCard:
    """Train a verifier and write its folder to `target`: `model.onnx`, `tokenizer.json`, `verifier.json`, `card.json`, and `judged.jsonl`.

    `nli` is the folder of the mixture's files, `support` the files of the support sets, `corpus` abstracts of which pairs are made by rule. First
    comes the mixture; that model is measured on the support sets as one that has never seen them. Then it learns from them too: once without each
    fold, which is what it is measured on and what `judged.jsonl` keeps, and once, for the file, from all. `work` holds what a killed run goes on
    from, and is removed at the end. Raises `LabelledError`, `ModelError` and `ModelMissingError`.
    """
    wait_passively()
    need_models_extra()
    recipe, support_recipe, mix = recipe or NeuralRecipe(), support_recipe or SUPPORT_RECIPE, mix or read_mix()
    base = work / "base"
    if not (base / "grids.npz").is_file():
        make_base(base)
    stages = {"mixture": mixed_pairs(nli, mix, recipe.seed, recipe.scale)}
    if corpus:
        texts = read_texts(corpus)
        stages["mixture"] += made_by_rule(texts, round(BY_RULE * recipe.scale), recipe.seed)
        stages["mixture"] += concluded(texts, round(CONCLUSIONS * recipe.scale), recipe.seed)
    sets = {path.name.partition(".")[0]: read_labelled(path) for path in support}
    runs = {"mixture": train(base, stages["mixture"], recipe, work / "mixture", saying(tell, "the mixture"))}
    checkpoint = work / "mixture" / TRAINED
    measured = Measured({}, {}, {}, 1.0)
    if sets:
        stages["support sets"] = [pair for pairs in sets.values() for pair in pairs]
        states = KeptStates(checkpoint, stages["support sets"], support_recipe, work, tell)
        measured, fold_runs = cross_validated(checkpoint, sets, states, folds, support_recipe, work, tell)
        say = saying(tell, "the support sets")
        last = train(checkpoint, stages["support sets"], support_recipe, work / "support", say, states)
        runs |= fold_runs | {"support sets": last}
        checkpoint = work / "support" / TRAINED
    last_recipe = support_recipe if sets else recipe
    spec = VerifierSpec(
        name=NAME,
        evidence_words=last_recipe.evidence_words,
        max_tokens=last_recipe.max_tokens,
        temperature=measured.temperature,
    )
    export_verifier(checkpoint, spec, target)
    shown = [(pair.claim, pair.evidence) for pair in stages["mixture"]][-COMPARED:]
    card = VerifierCard(
        name=NAME,
        base=BASE,
        data=_described(stages),
        recipe=recipe.as_dict(),
        support_recipe=support_recipe.as_dict(),
        runs={name: dataclasses.asdict(run) for name, run in runs.items()},
        folds=folds if sets else 0,
        before=measured.before,
        cross_validated=measured.after,
        temperature=spec.temperature,
        agreement=round(verifier_agreement(checkpoint, target, shown), 4),
        fingerprint=fingerprint([target / MODEL]),
        versions={package: version(package) for package in PACKAGES},
    )
    if sets:
        write_judged(target / JUDGED, sets, measured)
    (target / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(work)  # gigabytes, and nothing that another run could go on from
    return card


def _described(stages: Mapping[str, Sequence[LabelledPair]]) -> list[TrainingSet]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for stage, pairs in stages.items():
        for pair in pairs:
            counts.setdefault((stage, pair.source), Counter())[pair.label] += 1
    return [
        TrainingSet(name=source, stage=stage, labels=dict(sorted(labels.items())))
        for (stage, source), labels in sorted(counts.items())
    ]
