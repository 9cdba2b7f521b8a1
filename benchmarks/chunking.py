"""Whether passages fit the embedder, how full they are and what cutting costs: the figures of `docs/ingestion.md`.

    python benchmarks/chunking.py --data ../shared/data --out benchmarks/results/chunking.json --label now

Every document of four kinds of source. Pieces are those of the embedder's own tokenizer over title, path and text. The rows of other labels
stay in the file: to compare with another version, run this script with that version's tree first on `PYTHONPATH`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from indexes.embedding.weights import BGE_SMALL, weights_folder
from ingestion.chunking import passages_of
from ingestion.document import Document
from ingestion.errors import IngestionError
from ingestion.sources import find_parser

MAX_TOKENS = BGE_SMALL.max_tokens


def sources(data: Path, scratch: Path) -> dict[str, list[Path]]:
    """The files of each kind; the archive of articles is unpacked."""
    ingest = data / "ingest"
    with tarfile.open(ingest / "pmc_jats" / "pmc_jats_native.tar.xz") as archive:
        archive.extractall(scratch, filter="data")
    return {
        "PubMed abstracts": sorted((ingest / "pubmed_xml_reserialised").glob("*.gz")),
        "PMC full text": [*sorted((ingest / "pmc_jats").glob("*.nxml")), *sorted(scratch.rglob("*.*xml"))],
        "trials": sorted((ingest / "ctgov_v2_reserialised").glob("*.gz")),
        "guideline PDFs": sorted((ingest / "guidelines").rglob("*.pdf")),
    }


def documents(paths: Sequence[Path]) -> Iterator[Document]:
    """What can be read of the files."""
    for path in paths:
        try:
            yield from (item for item in find_parser(path).parse(path) if isinstance(item, Document))
        except IngestionError as error:
            print(error)


def lengths(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    """Word pieces, the two that mark start and end among them."""
    return [len(e.ids) for i in range(0, len(texts), 1024) for e in tokenizer.encode_batch(list(texts[i : i + 1024]))]


def measure(tokenizer: Tokenizer, paths: Sequence[Path]) -> dict[str, Any]:
    """The figures of one kind of source."""
    read = [document for document in documents(paths) if document.text]
    passages_of(read[0])  # loads the vocabulary
    cut, milliseconds = [], []
    for document in read:
        began = time.perf_counter()
        cut.append(passages_of(document))
        milliseconds.append((time.perf_counter() - began) * 1000)
    sizes = lengths(tokenizer, [passage.embedding_text for passages in cut for passage in passages])
    whole = lengths(tokenizer, [f"{document.title}\n{document.text}" for document in read])
    fitting = [len(passages) == 1 for passages, size in zip(cut, whole, strict=True) if size <= MAX_TOKENS]
    return {
        "documents": len(read),
        "passages": len(sizes),
        "over": sum(size > MAX_TOKENS for size in sizes) / len(sizes),
        "longest": max(sizes),
        "mean": statistics.mean(sizes),
        "short": sum(size < MAX_TOKENS // 8 for size in sizes) / len(sizes),
        "fitting": len(fitting),
        "whole": sum(fitting) / len(fitting) if fitting else None,
        "ms": {"mean": statistics.mean(milliseconds), "p95": statistics.quantiles(milliseconds, n=20)[-1]},
    }


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--label", default="now")
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = {}
    with tempfile.TemporaryDirectory(prefix="citewell-chunking-") as scratch:
        for name, paths in sources(args.data, Path(scratch)).items():
            rows[name] = measure(tokenizer, paths)
            print(args.label, name, rows[name], flush=True)
    result = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
    args.out.write_text(json.dumps({**result, args.label: rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
