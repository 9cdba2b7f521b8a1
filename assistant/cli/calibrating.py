"""`citewell models train-verifier`: the calibrated model that weighs what the checks find, and the neural model that is one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from assistant.cli.opening import with_steps
from assistant.cli.output import note, print_whole
from assistant.cli.verifier import said_of, train_neural_verifier


def train_verifier(
    support: Annotated[
        list[Path] | None,
        typer.Option(
            "--support", help="A file of claims, evidence and labels (JSONL), or a folder of them; again for more."
        ),
    ] = None,
    judged: Annotated[
        Path | None,
        typer.Option("--judged", help="A neural model's held-out probabilities for the same pairs (JSONL)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="What is written: coefficients.json, or with --neural the folder verifier."),
    ] = None,
    neural: Annotated[
        bool, typer.Option("--neural", help="Train a neural verifier instead, which reads claim and evidence together.")
    ] = False,
    nli: Annotated[
        Path | None, typer.Option("--nli", help="With --neural: the folder of pairs that it learns from first.")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="With --neural: abstracts (JSONL) of which pairs are made by rule.")
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", min=0.0001, help="With --neural: this share of the pairs in the folder.")
    ] = 1.0,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="With --neural: use no more processors than this.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="With --neural: another seed gives another model.")] = 13,
    as_json: Annotated[bool, typer.Option("--json", help="With --neural: print JSON for a program.")] = False,
) -> None:
    """Fit the calibrated model to labelled pairs, and measure it on claims and documents that it has not seen.

    The same pairs give the same file, to the digit. With --neural, on CPU or GPU, a killed run goes on when the command is given again.

    [dim]citewell models train-verifier --support scifact.jsonl --support healthver.jsonl --out coefficients.json[/]
    [dim]citewell models train-verifier --neural --nli nli/ --support scifact.jsonl --support healthver.jsonl --out verifier[/]
    """
    if neural:
        where = out or Path("verifier")
        train_neural_verifier(
            where, nli, support or (), corpus, scale=scale, threads=threads, seed=seed, as_json=as_json
        )
        return
    from assistant.verification.calibration import (
        calibrate,
        read_judgements,
        values_of,
        with_judgements,
        write_coefficients,
    )
    from assistant.verification.figures import support_figures
    from assistant.verification.labelled import gold_labels, read_labelled
    from indexes.embedding import load_embedder

    if not support:
        raise typer.BadParameter("There is nothing to learn from: give --support FILE.")
    pairs = [pair for path in support for pair in read_labelled(path)]
    embedder = load_embedder()
    values = with_steps(
        lambda tell: values_of(pairs, embedder.embed_passages, lambda done, total: tell("Reading pairs", done, total)),
        quiet=False,
    )
    if judged is not None:
        values = with_judgements(pairs, values, read_judgements(judged))
    calibration = calibrate(pairs, values)
    out = out or Path("coefficients.json")
    write_coefficients(out, calibration, pairs, embedder.name)
    gold = gold_labels(pairs)
    sources = np.array([pair.source for pair in pairs])
    for name, probabilities in calibration.held_out.items():
        print_whole(f"Model {name}, cross-validated", "bold")
        for source in dict.fromkeys(sources.tolist()):
            figures = support_figures(probabilities[sources == source], gold[sources == source])
            print_whole(f"{source}: {said_of(figures)}", indent=2)
    note(f"Coefficients: {out}")
