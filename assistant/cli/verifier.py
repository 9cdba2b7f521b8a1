"""`citewell models train-verifier --neural`: the cross-encoder that tells support, contradiction and neither apart, made from labelled pairs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assistant.cli.opening import with_steps
from assistant.cli.output import note, print_json, print_whole
from assistant.wording import counted

if TYPE_CHECKING:
    from assistant.verification.figures import SupportFigures


def train_neural_verifier(
    out: Path,
    nli: Path | None,
    support: Sequence[Path],
    corpus: Path | None,
    *,
    scale: float,
    threads: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Train, and print the figures. Raises `typer.BadParameter` where there is nothing to learn from, and what `train_neural` raises."""
    from assistant.verification.training.recipe import SUPPORT_RECIPE, NeuralRecipe
    from assistant.verification.training.train import train_neural

    if nli is None:
        raise typer.BadParameter("A neural verifier learns from pairs first: give their folder with --nli.")
    last = dataclasses.replace(SUPPORT_RECIPE, threads=threads, seed=seed)
    work = out.with_name(f".work-{out.name}")
    card = with_steps(
        lambda tell: train_neural(
            nli,
            out,
            work,
            tell,
            support=support,
            corpus=corpus,
            recipe=NeuralRecipe(scale=scale, threads=threads, seed=seed),
            support_recipe=last,
        ),
        quiet=as_json,
    )
    if as_json:
        print_json(card.model_dump_json(indent=2))
        return
    pairs = counted(sum(run["pairs"] for run in card.runs.values()), "pair")
    print_whole(f"{out}: {pairs} in {counted(len(card.runs), 'training')}", "bold")
    for title, figures in (("Before the support sets", card.before), ("Cross-validated", card.cross_validated)):
        for name, each in figures.items():
            print_whole(f"{title}, {name}: {said_of(each)}", indent=2)
    note(f"To use it: CITEWELL_VERIFIER={out.resolve()}")


def said_of(figures: SupportFigures) -> str:
    """The figures of one set in a line."""
    return (
        f"AUROC {figures.auroc:.3f}, macro-F1 {figures.macro_f1:.3f}, accuracy {figures.accuracy:.3f}, "
        f"calibration error {figures.calibration_error:.3f} ({counted(figures.pairs, 'pair')})"
    )
