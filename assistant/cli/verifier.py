"""`citewell models train-verifier --neural`: the cross-encoder that tells support, contradiction and neither apart, made from labelled pairs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.opening import with_steps
from assistant.cli.output import counted, note, print_json, print_whole

if TYPE_CHECKING:
    from assistant.verification.training.figures import SupportFigures

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def train_verifier(
    neural: Annotated[bool, typer.Option("--neural", help="Train the cross-encoder.")] = False,
    nli: Annotated[
        Path | None, typer.Option("--nli", help="The folder of labelled pairs, as mix.toml names them.")
    ] = None,
    support: Annotated[
        list[Path] | None,
        typer.Option("--support", help="A file of claims beside evidence, learnt from last; may be given again."),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Abstracts (JSONL) of which pairs are made by rule.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder that the verifier is written to.")] = Path("verifier"),
    folds: Annotated[int, typer.Option("--folds", min=2, help="Parts of the support sets that are measured on.")] = 3,
    scale: Annotated[
        float | None, typer.Option("--scale", min=0.0001, help="This share of the mixture; 1 for a GPU.")
    ] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Use no more processors than this.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed and data give the same verifier.")] = 13,
    as_json: JsonOption = False,
) -> None:
    """Train the verifier on labelled pairs, on CPU or GPU, and measure it on claims and documents that it has not learnt from.

    A killed run goes on when the same command is given again. CITEWELL_VERIFIER=FOLDER uses what was made.

    [dim]citewell models train-verifier --neural --nli nli/ --support scifact.jsonl --support healthver.jsonl --out verifier[/]
    """
    from assistant.verification.training.recipe import SUPPORT_RECIPE, NeuralRecipe
    from assistant.verification.training.train import train_neural

    if not neural or nli is None:
        raise typer.BadParameter("Give --neural, and with --nli the folder of the pairs to learn from.")
    recipe = NeuralRecipe(threads=threads, seed=seed)
    if scale is not None:
        recipe = dataclasses.replace(recipe, scale=scale)
    last = dataclasses.replace(SUPPORT_RECIPE, threads=threads, seed=seed)
    card = with_steps(
        lambda tell: train_neural(
            nli,
            out,
            out.with_name(f".work-{out.name}"),
            tell,
            support=support or (),
            corpus=corpus,
            folds=folds,
            recipe=recipe,
            support_recipe=last,
        ),
        quiet=as_json,
    )
    if as_json:
        print_json(card.model_dump_json(indent=2))
        return
    print_whole(
        f"{out}: {counted(sum(run['pairs'] for run in card.runs.values()), 'pair')} in {counted(len(card.runs), 'run')}",
        "bold",
    )
    for title, figures in (("Before the support sets", card.before), ("Cross-validated", card.cross_validated)):
        for name, each in figures.items():
            print_whole(f"{title}, {name}: {_said(each)}", indent=2)
    note(f"To use it: CITEWELL_VERIFIER={out.resolve()}")


def _said(figures: SupportFigures) -> str:
    return (
        f"AUROC {figures.auroc:.3f}, macro-F1 {figures.macro_f1:.3f}, accuracy {figures.accuracy:.3f}, "
        f"calibration error {figures.calibration_error:.3f} ({counted(figures.pairs, 'pair')})"
    )
