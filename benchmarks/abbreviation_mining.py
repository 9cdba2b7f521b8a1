"""How truly abbreviations are mined: the figures of `docs/ingestion.md`.

    pip install abbreviations && python benchmarks/abbreviation_mining.py --data ../shared/data --out benchmarks/results/abbreviations.json

Over 2,000 PubMed abstracts drawn at random. *Precision*: 200 of the pairs found, drawn at random and judged by eye against their text, in
`benchmarks/data/abbreviations.tsv` (y: the long form is what the short one stands for, whole and without more; n: it is not). A pair that is found
today and was not judged is printed with its text and counts as unjudged. *Recall*: of the brackets that hold 2 to 5 capitals and follow words
with just these initials, how many are found as that pair. The PyPI package `abbreviations` (Schwartz & Hearst as published) reads the same texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import math
import random
import re
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from abbreviations import schwartz_hearst

from ingestion.abbreviations import Abbreviation, mine
from ingestion.document import Document
from ingestion.sources.pubmed import PubMedXml

ABSTRACTS, PAIRS = 2000, 200
JUDGED = Path(__file__).parent / "data" / "abbreviations.tsv"
_OBVIOUS = re.compile(r"((?:[^\s()]+ ){2,6})\(([A-Z]{2,5})\)")


def abstracts(data: Path) -> list[Document]:
    """The texts."""
    documents = [
        item
        for path in sorted((data / "ingest" / "pubmed_xml_reserialised").glob("*.gz"))
        for item in PubMedXml().parse(path)
        if isinstance(item, Document) and item.text
    ]
    return random.Random(7).sample(documents, ABSTRACTS)


def obvious(text: str) -> Iterator[tuple[str, str]]:
    """Short forms in brackets behind words with exactly their initials, and these words."""
    for match in _OBVIOUS.finditer(text):
        words = list(re.finditer(r"[^\s-]+", match[1]))[-len(match[2]) :]
        if [word[0][0].upper() for word in words] == list(match[2]):
            yield match[2], match[1][words[0].start() :].strip()


def drawn(document: Document, pair: Abbreviation) -> str:
    """A random order that stays the same where other pairs are found as well."""
    return hashlib.sha256(f"{document.document_id} {pair.short_start}".encode()).hexdigest()


def share(hits: int, n: int) -> dict[str, float]:
    """With its 95% Wilson interval."""
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return {"value": p, "low": (middle - half) / (1 + z * z / n), "high": (middle + half) / (1 + z * z / n), "n": n}


def by_package(document: Document) -> set[tuple[str, str]]:
    """What the package finds, a paragraph at a time."""
    found: set[tuple[str, str]] = set()
    for paragraph in document.text.split("\n\n"):
        found |= set(schwartz_hearst.extract_abbreviation_definition_pairs(doc_text=paragraph).items())
    return found


def recall(documents: list[Document], find: Callable[[Document], set[tuple[str, str]]]) -> dict[str, Any]:
    """Share of the obvious definitions, pairs in all, and microseconds an abstract."""
    began = time.perf_counter()
    found = [find(document) for document in documents]
    us = (time.perf_counter() - began) * 1e6 / len(documents)
    wanted = [
        (pair, pairs) for document, pairs in zip(documents, found, strict=True) for pair in obvious(document.text)
    ]
    hits = sum(any(s == short and long.endswith(words) for s, long in pairs) for (short, words), pairs in wanted)
    return {"recall": share(hits, len(wanted)), "pairs": sum(map(len, found)), "us": us}


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the package logs every pair that it passes over
    documents = abstracts(args.data)
    found: list[tuple[Document, Abbreviation]] = [(d, pair) for d in documents for pair in mine(d)]
    verdicts = {}
    for line in JUDGED.read_text(encoding="utf-8").split("\n") if JUDGED.exists() else []:
        if line and not line.startswith("#"):
            short, long, verdict = line.split("\t")
            verdicts[short, long] = verdict == "y"
    right = judged = 0
    for document, pair in sorted(found, key=lambda at: drawn(*at))[:PAIRS]:
        verdict = verdicts.get((pair.short, pair.long))
        if verdict is None:
            print(pair.short, pair.long, document.text[max(0, pair.long_start - 60) : pair.short_end + 10], sep="\t")
        else:
            judged += 1
            right += verdict
    result = {
        "abstracts": len(documents),
        "unjudged": PAIRS - judged,
        "precision": share(right, judged) if judged else None,
        "miners": {
            "Citewell": recall(documents, lambda d: {(pair.short, pair.long) for pair in mine(d)}),
            f"abbreviations {version('abbreviations')}": recall(documents, by_package),
        },
    }
    print(json.dumps(result))
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
