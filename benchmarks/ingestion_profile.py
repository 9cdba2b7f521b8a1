"""Where ingestion's time goes: each stage by itself, the whole pipeline beside its embedder, and the embedder beside raw onnxruntime.

python benchmarks/ingestion_profile.py --data ../shared/data --out benchmarks/results/ingestion_profile.json

Documents are PubMed records with abstracts. `raw` is onnxruntime on the same texts, tokenised beforehand, sorted by length over the whole set and cut
into batches without a padded token where it can be had; the product embeds them as ingestion does, in windows, tokenising included. Rounds
alternate between the two, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from indexes.embedding import Vectors
from indexes.embedding.onnx import OnnxEmbedder
from indexes.lexical import encode_passage
from indexes.onnx_model import BATCH_TOKENS
from indexes.passage import Passage
from ingestion import chunking
from ingestion.document import Document
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.reading import index_hash
from ingestion.sources.pubmed import PubMedXml
from ingestion.windows import WINDOW_PASSAGES


class TimedEmbedder:
    """The product's embedder, with the seconds its passages took."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder = embedder
        self.seconds = 0.0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        started = time.perf_counter()
        vectors = self._embedder.embed_passages(texts)
        self.seconds += time.perf_counter() - started
        return vectors

    def embed_query(self, text: str) -> Vectors:
        return self._embedder.embed_query(text)


def shard(data: Path) -> Path:
    return min((data / "ingest" / "pubmed_xml_reserialised").rglob("*.xml.gz"))


def sample(data: Path, folder: Path, size: int) -> tuple[Path, list[Document]]:
    """A PubMed file with the first `size` records that have an abstract, and its documents."""
    from ingestion.sources.records import xml_records

    records, documents = [], []
    parser = PubMedXml()
    for record in xml_records(shard(data), "PubmedArticleSet", ("PubmedArticle",)):
        if b"<AbstractText" in record.xml:
            records.append(record.xml)
            if len(records) == size:
                break
    path = folder / f"sample-{size}.xml"
    path.write_bytes(b"<PubmedArticleSet>" + b"\n".join(records) + b"</PubmedArticleSet>")
    documents += [item for item in parser.parse(path) if isinstance(item, Document)]
    return path, documents


def embedding_rate(embedder: OnnxEmbedder, texts: list[str], rounds: int) -> dict[str, Any]:
    """Tokens a second of both, a figure a round."""
    encodings = embedder.model.encode(texts)
    order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
    batches: list[list[Any]] = [[]]
    for index in order:
        encoding = encodings[index]
        if batches[-1] and (len(batches[-1]) + 1) * len(encoding.ids) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(encoding)
    tokens = sum(len(encoding.ids) for encoding in encodings)

    def raw() -> None:
        for batch in batches:
            embedder.model.run(batch)

    def product() -> None:
        rest = iter(texts)
        while window := list(islice(rest, WINDOW_PASSAGES)):
            embedder.embed_passages(window)

    seconds: dict[str, list[float]] = {"raw": [], "product": []}
    for number in range(rounds):
        pair: list[tuple[str, Callable[[], None]]] = [("raw", raw), ("product", product)]
        for name, work in pair if number % 2 == 0 else reversed(pair):
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    ratios = [a / b for a, b in zip(seconds["raw"], seconds["product"], strict=True)]
    return {
        "texts": len(texts),
        "tokens": tokens,
        "raw_tokens_per_s": [tokens / s for s in seconds["raw"]],
        "product_tokens_per_s": [tokens / s for s in seconds["product"]],
        "ratio": ratios,
    }


def stages(documents: list[Document], path: Path, embedder: OnnxEmbedder, folder: Path) -> dict[str, float]:
    """Milliseconds a document of each stage by itself, in this process's CPU time; embedding by the clock."""
    found: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> Any:
        started = clock()
        result = work()
        found[name] = (clock() - started) * 1000 / len(documents)
        return result

    timed("parse", lambda: list(PubMedXml().parse(path)))
    passages: list[list[Passage]] = timed("chunk", lambda: [chunking.passages_of(d) for d in documents])
    hashes = timed("hash", lambda: [(d.content_hash, index_hash(p)) for d, p in zip(documents, passages, strict=True)])
    flat = [passage for each in passages for passage in each]
    sparse = timed("lexical", lambda: [encode_passage(p.lexical_text) for p in flat])
    vectors = timed("embed", lambda: embedder.embed_passages([p.embedding_text for p in flat]), time.perf_counter)
    with Library.open(folder / "stages", purpose="a benchmark", embedder=embedder) as library:

        def index() -> None:
            library.searcher.engine.upsert(flat, vectors, sparse)
            library.searcher.engine.flush()

        def record() -> None:
            with library.ledger.transaction():
                for document, each, (_, of_index) in zip(documents, passages, hashes, strict=True):
                    library.ledger.record(document, each, "sample.xml", of_index)

        timed("index", index)
        timed("ledger", record)
    return found


def pipeline(path: Path, embedder: OnnxEmbedder, folder: Path) -> dict[str, float]:
    """Seconds of the whole, and of its embedder."""
    timed = TimedEmbedder(embedder)
    with Library.open(folder / "pipeline", purpose="a benchmark", embedder=timed) as library:
        started = time.perf_counter()
        ingest_files(library, [path])
        total = time.perf_counter() - started
    return {"seconds": total, "embedding_seconds": timed.seconds, "overhead": total / timed.seconds - 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real data (shared/data)")
    parser.add_argument("--out", type=Path, required=True, help="where to write the figures (JSON)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    embedder = OnnxEmbedder()
    runs = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            path, documents = sample(options.data, folder, size)
            texts = [passage.embedding_text for d in documents for passage in chunking.passages_of(d)]
            run = {
                "documents": len(documents),
                "embedding": embedding_rate(embedder, texts, options.rounds),
                "stages_ms": stages(documents, path, embedder, folder),
                "pipeline": pipeline(path, embedder, folder),
            }
        runs.append(run)
        rate = statistics.median(run["embedding"]["ratio"])  # type: ignore[index]
        overhead = run["pipeline"]["overhead"]  # type: ignore[index]
        print(f"{size} documents: embedder {rate:.3f} of raw onnxruntime, all else adds {overhead:.1%}")
    options.out.write_text(json.dumps({"cores": os.cpu_count(), "runs": runs}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
