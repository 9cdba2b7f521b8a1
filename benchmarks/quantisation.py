"""What quantised vectors find and take, in the embedded engine: recall@10 against exact search, latency, time to build, size on the disk.

    python benchmarks/quantisation.py 1000 10000 [--dimension 384] [--seed 0] [--out benchmarks/results/quantisation.json]

The vectors are made up: a mixture of clusters of unequal size, as dense around their centres as sentence embeddings are, and so harder for a
quantiser than uniform noise is for a graph. Each size is measured once an index has been optimised; at fewer than some 6,500 vectors none is built
and all are compared, so that only larger sizes say something of quantisation.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from indexes.embedding import Vectors
from indexes.engines import point_id
from indexes.engines.edge import EdgeEngine
from indexes.engines.storage import Quantisation
from indexes.filters import Filters
from indexes.lexical import encode_passage
from indexes.passage import Kind, Passage
from ingestion.library import disk_use

QUERIES, K, DEPTH = 200, 10, 100
WORDS = encode_passage("aspirin")


def clustered(size: int, dimension: int, random: np.random.Generator) -> Vectors:
    """Unit vectors around some 40 centres, which share a direction as embeddings of one field do; of shape (size, dimension)."""
    shared = random.standard_normal(dimension)
    centres = random.standard_normal((40, dimension)) + 1.2 * shared
    of = random.choice(len(centres), size, p=random.dirichlet(np.ones(len(centres))))
    vectors = centres[of] + 0.8 * random.standard_normal((size, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def measured(vectors: Vectors, queries: Vectors, quantisation: Quantisation) -> dict[str, object]:
    """One index of these vectors."""
    passages = [Passage(f"d:{n}#0", f"d:{n}", Kind.LITERATURE, "aspirin", 0, 7, "") for n in range(len(vectors))]
    points = [point_id(passage.passage_id) for passage in passages]
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :K]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "index")
        with closing(EdgeEngine.open(path, dimension=vectors.shape[1], quantisation=quantisation)) as engine:
            for first in range(0, len(passages), 1000):
                batch = slice(first, first + 1000)
                engine.upsert(passages[batch], vectors[batch], [WORDS] * len(passages[batch]))
            engine.flush()
            started = time.perf_counter()
            built = engine.optimize()
            seconds = time.perf_counter() - started
            shares, times = [], []
            for query, best in zip(queries, exact, strict=True):
                started = time.perf_counter()
                hits = list(engine.dense(query, DEPTH, Filters()))[:K]
                times.append((time.perf_counter() - started) * 1000)
                shares.append(len(set(hits) & {points[row] for row in best}) / K)
        size = sum(disk_use(path).values())
    return {
        "vectors": len(vectors),
        "quantisation": str(quantisation),
        "recall@10": round(float(np.mean(shares)), 4),
        "p50_ms": round(float(np.percentile(times, 50)), 2),
        "p95_ms": round(float(np.percentile(times, 95)), 2),
        "optimised": built,
        "optimise_s": round(seconds, 1),
        "disk_mib": round(size / 2**20, 1),
    }


def main() -> None:
    """Measure each size with each quantisation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/quantisation.json"))
    given = parser.parse_args()
    random = np.random.default_rng(given.seed)
    results = []
    for size in given.sizes:
        everything = clustered(size + QUERIES, given.dimension, random)
        for quantisation in Quantisation:
            results.append(measured(everything[:size], everything[size:], quantisation))
            print(json.dumps(results[-1]), flush=True)
    said = {
        "date": time.strftime("%Y-%m-%d"),
        "dimension": given.dimension,
        "depth": DEPTH,
        "seed": given.seed,
        "results": results,
    }
    given.out.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
