"""`citewell models train-verifier`: the calibrated model that weighs what the checks find, fitted to labelled pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from assistant.cli.opening import with_steps
from assistant.cli.output import counted, note, print_whole


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
    out: Annotated[Path, typer.Option("--out", help="Where the coefficients are written to.")] = Path(
        "coefficients.json"
    ),
) -> None:
    """Fit the calibrated model to labelled pairs, and measure it on claims and documents that it has not seen.

    The same pairs give the same file, to the digit.

    [dim]citewell models train-verifier --support scifact.jsonl --support healthver.jsonl --out coefficients.json[/]
    """
    from assistant.verification.calibration import (
        calibrate,
        read_judgements,
        values_of,
        with_judgements,
        write_coefficients,
    )
    from assistant.verification.figures import auroc, ece, macro_f1
    from assistant.verification.labelled import read_labelled
    from assistant.verification.model import LABELS
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
    write_coefficients(out, calibration, pairs, embedder.name)
    gold = np.array([LABELS.index(pair.label) for pair in pairs])
    sources = np.array([pair.source for pair in pairs])
    for name, probabilities in calibration.held_out.items():
        print_whole(f"Model {name}, cross-validated", "bold")
        for source in dict.fromkeys(sources.tolist()):
            of, labels = probabilities[sources == source], gold[sources == source]
            there = sorted(set(labels.tolist()))
            chosen = np.array(there)[of[:, there].argmax(axis=1)]
            print_whole(
                f"{source} ({counted(len(labels), 'pair')}): AUROC {auroc(of[:, 0], labels == 0):.3f}, macro-F1 {macro_f1(chosen, labels):.3f}, "
                f"accuracy {(chosen == labels).mean():.3f}, calibration error {ece(of[:, 0], labels == 0):.3f}",
                indent=2,
            )
    note(f"Coefficients: {out}")
