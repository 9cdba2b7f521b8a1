"""What moving a library costs: seconds and bytes a passage, and what half the precision would change.

    python benchmarks/moving.py --out benchmarks/results/moving.json

The starter library is built, exported and imported into a new folder; then each starter question ranks its passages by the stored float32 vectors
and by the same ones rounded to float16.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from indexes.embedding import Embedder, load_embedder
from indexes.engines import point_id
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.transfer import export_library, import_library

QUESTIONS = Path(__file__).resolve().parents[1] / "ingestion" / "starter"
NEAREST = 10


def quiet(*_: object) -> None:
    """Where progress goes."""


def half_precision(library: Library) -> dict[str, Any]:
    """How scores and the nearest passages change where vectors are rounded to float16."""
    points = [point_id(passage.passage_id) for passage in library.ledger.passages()]
    stored = library.searcher.engine.vectors(points)
    rows = np.stack([stored[point] for point in points])
    lines = [
        line for path in sorted(QUESTIONS.glob("questions-*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]
    queries = np.stack([library.searcher.embedder.embed_query(json.loads(line)["question"]) for line in lines])
    whole, half = queries @ rows.T, queries @ rows.astype(np.float16).astype(np.float32).T
    before, after = (np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST] for scores in (whole, half))
    return {
        "questions": len(lines),
        "largest_change_of_a_score": round(float(np.abs(whole - half).max()), 6),
        "other_order_of_the_nearest": int((before != after).any(axis=1).sum()),
        "other_nearest": sum(
            set(one) != set(other) for one, other in zip(before.tolist(), after.tolist(), strict=True)
        ),
    }


def measure(folder: Path, embedder: Embedder) -> dict[str, Any]:
    """The figures, from a library made in `folder`."""
    target = folder / "library.zip"
    with Library.open(folder / "here", purpose="a benchmark", embedder=embedder) as library:
        started = time.perf_counter()
        ingest_files(library, starter.PATHS)
        ingested = time.perf_counter()
        manifest = export_library(library, target, quiet)
        exported = time.perf_counter()
        rounded = half_precision(library)
    with Library.open(folder / "there", purpose="a benchmark", embedder=embedder) as library:
        opened = time.perf_counter()
        import_library(library, target, quiet, embedder=embedder)
        imported = time.perf_counter()
    return {
        "passages": manifest.passages,
        "bytes_a_passage": round(target.stat().st_size / manifest.passages),
        "seconds": {
            "ingest": round(ingested - started, 2),
            "export": round(exported - ingested, 2),
            "import": round(imported - opened, 2),
        },
        "float16": rounded,
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), load_embedder())
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
