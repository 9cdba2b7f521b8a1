"""Engines compared: how fast, how true and how large, over corpora of growing size (`made_up.py`: what they are made of).

    python benchmarks/engines.py --data ../shared/data/eval/retrieval --out benchmarks/results/engines.json [--sizes 1000 10000 100000]

Two measurements, for each engine and size in a process of its own:

- hybrid: what `citewell search` does with a filter (literature since 2015): embed the question, find by meaning and by words, fuse, read ten.
- dense: the ten nearest of a vector, with the filter and without, of all systems side by side: recall against comparing all vectors, latency, queries
  a second with as many threads as cores, seconds to build, resident memory.

Real questions; each round asks the same ones, and median and range of the rounds are kept. A result is written as soon as it is there; a second run
measures what is missing (`--again`: everything). The plots go to docs/images.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from made_up import FILTER, MadeUp
from systems import LARGEST, SYSTEMS, MissingError, Ours

from indexes.embedding import Vectors, load_embedder
from indexes.engines import point_id
from indexes.filters import Filters
from indexes.lexical import encode_query
from indexes.ranking import Ranking
from indexes.searcher import Searcher

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
HYBRID = ("edge", "faiss")
QUERIES = 100
ROUNDS = 5
DEPTH = Ranking().depth
PATIENCE_S = 20.0  # a round of a slow system ends with the question during which this is over
FEWEST = 10  # questions of a round
K = 10
STEPS = {"hybrid": ("fill", "ask"), "dense": ("dense",)}


def resident_mib() -> dict[str, float]:
    """What this process holds in memory (Linux): all of it, and how much are pages of mapped files, which the system may drop."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = {
        name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines) if "kB" in rest
    }
    return {"all": sizes["VmRSS"], "mapped": sizes["RssFile"]}


def machine() -> dict[str, Any]:
    """What the figures were made on."""
    about = (
        Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace") if Path("/proc/cpuinfo").exists() else ""
    )
    name = next((line.partition(":")[2].strip() for line in about.splitlines() if line.startswith("model name")), "")
    return {"cores": os.cpu_count(), "processor": name or platform.processor(), "system": platform.system()}


def times(ask: Callable[[int], object], count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of a question: median and 95th percentile of each round, their median and range over the rounds."""
    each = []
    for _ in range(rounds):
        taken: list[float] = []
        begun = time.perf_counter()
        for number in range(count):
            started = time.perf_counter()
            ask(number)
            taken.append((time.perf_counter() - started) * 1000)
            if len(taken) >= FEWEST and time.perf_counter() - begun > PATIENCE_S:
                break
        each.append((float(np.percentile(taken, 50)), float(np.percentile(taken, 95))))
    names = ("p50_ms", "p95_ms")
    columns = dict(zip(names, zip(*each, strict=True), strict=True))
    return {
        "questions": len(taken),
        **{name: round(statistics.median(column), 3) for name, column in columns.items()},
        "spread_ms": {name: [round(min(column), 3), round(max(column), 3)] for name, column in columns.items()},
    }


class Truth:
    """The nearest of all vectors, found by comparing them all as they come."""

    def __init__(self, queries: Vectors, best: list[list[tuple[float, str]]] | None = None) -> None:
        self._queries = queries
        self.best = best or [[] for _ in queries]

    def see(self, names: list[str], vectors: Vectors) -> None:
        """Passages that count."""
        scores = self._queries @ vectors.T
        for best, row in zip(self.best, scores, strict=True):
            top = np.argsort(-row)[:K]
            best[:] = sorted([*best, *((float(row[i]), names[i]) for i in top)], reverse=True)[:K]

    def recall(self, search: Callable[[Vectors], list[str]], asked: int = QUERIES) -> float:
        """The share of the ten nearest that `search` finds, of so many questions."""
        found = [
            len({name for _, name in best} & set(search(query))) / max(1, len(best))
            for query, best in zip(self._queries[:asked], self.best[:asked], strict=True)
        ]
        return round(float(np.mean(found)), 4)


def build(
    name: str, size: int, corpus: MadeUp, queries: Vectors, folder: Path
) -> tuple[Any, dict[str, Any], Truth, Truth]:
    """A filled system, what filling it took, and what is true without and with the filter."""
    truths = Truth(queries), Truth(queries)
    before = resident_mib()
    system = SYSTEMS[name](folder)
    filling = 0.0
    for number, batch in enumerate(corpus.batches(size)):
        started = time.perf_counter()
        system.fill(batch)
        filling += time.perf_counter() - started
        names = [point_id(passage.passage_id) for passage in batch.passages]
        truths[0].see(names, batch.dense)
        passing = [row for row, passage in enumerate(batch.passages) if FILTER.accepts(passage)]
        truths[1].see([names[row] for row in passing], batch.dense[passing])
        if number % 5 == 4:
            print(f"  {name}: {(number + 1) * len(batch.passages):,} of {size:,} filled", file=sys.stderr, flush=True)
    started = time.perf_counter()
    system.finish()
    building = time.perf_counter() - started
    disk = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 2**20
    return (
        system,
        {
            "fill_s": round(filling, 2),
            "build_s": round(building, 2),
            "disk_mib": round(disk, 1),
            "before_mib": round(before["all"], 1),
        },
        *truths,
    )


def fill(name: str, size: int, corpus: MadeUp, folder: Path) -> dict[str, Any]:
    """The first half of `hybrid`: an index on disk, and beside it what is true."""
    embedder = load_embedder()
    queries = np.stack([embedder.embed_query(question) for question in corpus.queries[:QUERIES]])
    system, figures, *truths = build(name, size, corpus, queries, folder)
    system.engine.close()
    asked = {"questions": corpus.queries[: 2 * QUERIES], "best": [truth.best for truth in truths]}
    folder.with_name("truth.json").write_text(json.dumps(asked), encoding="utf-8")
    return figures


def ask(name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """The second half, in a process that has nothing but the embedder and the engine, as a server has."""
    asked = json.loads(folder.with_name("truth.json").read_text("utf-8"))
    embedder = load_embedder()
    started = time.perf_counter()
    engine = SYSTEMS[name](folder).engine  # type: ignore[attr-defined]
    opened = time.perf_counter() - started
    searcher = Searcher(engine, embedder)
    questions, others = asked["questions"][:QUERIES], asked["questions"][QUERIES:]
    for question in others:  # so that neither caches nor the first touch of a file are measured
        searcher.search(question, K, FILTER)
    search = times(lambda n: searcher.search(questions[n], K, FILTER), QUERIES, rounds)
    memory = resident_mib()
    queries, terms = [embedder.embed_query(q) for q in questions], [encode_query(q) for q in questions]
    truth, filtered = (Truth(np.stack(queries), best) for best in asked["best"])
    figures = {
        "open_s": round(opened, 3),
        "search": search,
        "parts": {
            "embedding": times(lambda n: embedder.embed_query(questions[n]), QUERIES, 1)["p50_ms"],
            "dense": times(lambda n: engine.dense(queries[n], DEPTH, FILTER), QUERIES, 1)["p50_ms"],
            "lexical": times(lambda n: engine.lexical(terms[n], DEPTH, FILTER), QUERIES, 1)["p50_ms"],
        },
        "memory_mib": round(memory["all"], 1),
        "mapped_mib": round(memory["mapped"], 1),
        "recall": truth.recall(lambda query: list(engine.dense(query, DEPTH, Filters()))[:K]),
        "recall_filtered": filtered.recall(lambda query: list(engine.dense(query, DEPTH, FILTER))[:K]),
    }
    engine.close()
    return figures


def dense(name: str, size: int, corpus: MadeUp, folder: Path, rounds: int) -> dict[str, Any]:
    """The ten nearest, of a system that was just filled."""
    embedder = load_embedder()
    queries = np.stack([embedder.embed_query(question) for question in corpus.queries[:QUERIES]])
    del embedder
    system, figures, truth, filtered = build(name, size, corpus, queries, folder)
    for label, condition, real in (("all", False, truth), ("filtered", True, filtered)):
        system.search(queries[0], K, condition)
        row = times(lambda n, condition=condition: system.search(queries[n], K, condition), QUERIES, rounds)
        row["recall"] = real.recall(
            lambda query, condition=condition: system.search(query, K, condition), row["questions"]
        )
        row["qps"] = [_throughput(system, queries[: row["questions"]], condition) for _ in range(rounds)]
        figures[label] = row
    memory = resident_mib()
    figures["memory_mib"] = round(memory["all"] - figures["before_mib"], 1)
    figures["mapped_mib"] = round(memory["mapped"], 1)
    if isinstance(system, Ours):
        system.engine.close()
    return figures


def _throughput(system: Any, queries: Vectors, filtered: bool) -> float:
    """Questions a second, asked by as many threads as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = time.perf_counter()
        list(pool.map(lambda query: system.search(query, K, filtered), queries))
        return round(len(queries) / (time.perf_counter() - started), 1)


def one(options: argparse.Namespace) -> dict[str, Any]:
    """A single step, in this process."""
    what, name, size, folder = options.step
    if what == "ask":
        return ask(name, Path(folder), options.rounds)
    if int(size) > LARGEST.get(name, int(size)):
        return {"skipped": f"more than {LARGEST[name]:,} take it too long or too much memory"}
    corpus = MadeUp(options.data, load_embedder())
    try:
        if what == "fill":
            return fill(name, int(size), corpus, Path(folder))
        return dense(name, int(size), corpus, Path(folder), options.rounds)
    except MissingError as reason:
        return {"skipped": str(reason)}


def measure(options: argparse.Namespace, what: str, name: str, size: int) -> dict[str, Any]:
    """The steps of a measurement, each in a process of its own. Raises `CalledProcessError`."""
    figures: dict[str, Any] = {}
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        for step in STEPS[what]:
            command = [sys.executable, __file__, "--data", str(options.data), "--rounds", str(options.rounds)]
            command += ["--step", step, name, str(size), str(Path(folder) / "index")]
            child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            figures |= json.loads(child.stdout.splitlines()[-1])
    return figures | {"day": datetime.now(UTC).date().isoformat()}


def plot(results: dict[str, Any], path: Path) -> None:
    """Latency, memory and time to build over size, of the whole search with a filter."""
    from plotting import COLOURS, drawn

    with drawn(path, (9.5, 3), 3) as panels:
        for (name, sizes), colour in zip(results["hybrid"].items(), COLOURS, strict=False):
            runs = sorted((int(size), run) for size, run in sizes.items())
            passages = [size for size, _ in runs]
            panels[0].plot(
                passages, [run["search"]["p50_ms"] for _, run in runs], "o-", color=colour, label=f"{name}, median"
            )
            panels[0].plot(
                passages,
                [run["search"]["p95_ms"] for _, run in runs],
                "o--",
                color=colour,
                label=f"{name}, 95th percentile",
            )
            panels[1].plot(passages, [run["memory_mib"] for _, run in runs], "o-", color=colour, label=name)
            panels[2].plot(
                passages, [run["fill_s"] + run["build_s"] for _, run in runs], "o-", color=colour, label=name
            )
        for axes, title in zip(panels, ("a question, ms", "resident, MiB", "filling and building, s"), strict=True):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_title(title, loc="left", fontweight="bold")
            axes.set_xlabel("passages")
            axes.grid(alpha=0.2)
            axes.legend(frameon=False, fontsize=7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder eval/retrieval of the real data")
    parser.add_argument("--out", type=Path, help="the JSON file of results")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument("--only", nargs="+", default=list(STEPS), choices=STEPS, help="measurements to make")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", type=Path, help="where indexes are laid while they are measured")
    parser.add_argument("--again", action="store_true", help="measure anew what is in the file already")
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)  # step, system, size, folder
    options = parser.parse_args()
    if options.step:
        print(json.dumps(one(options)))
        return
    if not options.out:
        parser.error("--out is needed")
    results: dict[str, Any] = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    for size, what, name in itertools.product(sorted(options.sizes), options.only, options.systems):
        done = results.setdefault(what, {}).setdefault(name, {}) if what == "dense" or name in HYBRID else None
        if done is None or (str(size) in done and not options.again):
            continue
        print(f"{what} {name} {size:,}", file=sys.stderr, flush=True)
        try:
            done[str(size)] = measure(options, what, name, size)
        except subprocess.CalledProcessError as error:
            print(f"  failed with status {error.returncode}; the others go on", file=sys.stderr, flush=True)
            continue
        results["machine"] = machine()
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if "hybrid" in results:
        plot(results, IMAGES / "engines.svg")


if __name__ == "__main__":
    main()
