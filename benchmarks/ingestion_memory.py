"""Memory of ingestion as files grow: a PubMed file of so many records through the whole pipeline, resident memory watched all the while.

python benchmarks/ingestion_memory.py --data ../shared/data --out benchmarks/results/ingestion_memory.json [--sizes 1000 10000 100000]

The records are real ones numbered anew; the embedder's weights are loaded and used once, then its vectors are replaced by made-up ones, so that a
large file takes minutes and not hours: they do not change what else is held. Each size runs in a process of its own. `open` is what a process holds
that has only opened the finished library: the difference is what ingesting costs beside the index.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np

from indexes.embedding import Vectors
from indexes.embedding.onnx import OnnxEmbedder
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.report import Progress
from ingestion.sources.records import xml_records

_PMID = re.compile(rb"(<PMID[^>]*>)\d+(</PMID>)")


class MadeUp:
    """Unit vectors that cost nothing, from an embedder that is there."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        embedder.embed_passages([f"{number} hypertension in adults " * 100 for number in range(64)])
        self._embedder = embedder
        self._pool = np.random.default_rng(0).standard_normal((4096, self.dimension)).astype(np.float32)
        self._pool /= np.linalg.norm(self._pool, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._pool[[hash(text) % len(self._pool) for text in texts]]

    def embed_query(self, text: str) -> Vectors:
        return self._embedder.embed_query(text)


def resident_mib() -> float:
    """This process's resident memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def write_records(data: Path, path: Path, size: int) -> None:
    """A gzip PubMed file of `size` records."""
    shards = sorted((data / "ingest" / "pubmed_xml_reserialised").rglob("*.xml.gz"))
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(b"<PubmedArticleSet>\n")
        number = 0
        for shard in cycle(shards):
            for record in xml_records(shard, "PubmedArticleSet", ("PubmedArticle",)):
                number += 1
                out.write(_PMID.sub(rb"\g<1>%d\g<2>" % number, record.xml, count=1) + b"\n")
                if number == size:
                    out.write(b"</PubmedArticleSet>\n")
                    return


def ingest(path: Path, home: Path) -> dict[str, float]:
    """Seconds, and the most that was resident."""
    most = 0.0

    def watch(_: Progress) -> None:
        nonlocal most
        most = max(most, resident_mib())

    with Library.open(home, purpose="a benchmark", embedder=MadeUp(OnnxEmbedder())) as library:
        before = resident_mib()
        started = time.perf_counter()
        report = ingest_files(library, [path], on_progress=watch)
        seconds = time.perf_counter() - started
    return {"before_mib": before, "most_mib": most, "seconds": seconds, "passages": report.passages}


def opened(home: Path) -> dict[str, float]:
    """What is resident with the finished library open and searched once."""
    with Library.open(home, purpose="a benchmark", embedder=MadeUp(OnnxEmbedder())) as library:
        library.searcher.search("hypertension in adults")
        return {"open_mib": resident_mib()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of real data (shared/data)")
    parser.add_argument("--out", type=Path, help="where to write the figures (JSON)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)  # ingest|opened, file, home: one measurement
    options = parser.parse_args()
    if options.step:
        name, file, home = options.step
        print(json.dumps(ingest(Path(file), Path(home)) if name == "ingest" else opened(Path(home))))
        return
    if not (options.data and options.out):
        parser.error("--data and --out are needed")
    runs = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            file, home = Path(folder, "records.xml.gz"), Path(folder, "home")
            write_records(options.data, file, size)
            run: dict[str, float] = {"records": size}
            for name in ("ingest", "opened"):
                command = [sys.executable, __file__, "--step", name, str(file), str(home)]
                run |= json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            run["index_mib"] = sum(f.stat().st_size for f in (home / "index").rglob("*") if f.is_file()) / 2**20
            run["ledger_mib"] = (home / "ledger.sqlite").stat().st_size / 2**20
        runs.append(run)
        print(json.dumps(run), flush=True)
        options.out.write_text(json.dumps({"runs": runs}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
