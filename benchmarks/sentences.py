"""How well and how fast sentences are told apart: the figures of `docs/ingestion.md`.

    pip install nltk pysbd sentencex && python benchmarks/sentences.py --data ../shared/data --out benchmarks/results/sentences.json

All splitters in one run over the same texts:

- *SciFact*: gold rationale sentences within their abstracts. A gold start or end that is no boundary is missed; a boundary within a gold
  sentence is false.
- *Labelled abstracts*: the sections of labelled PubMed abstracts joined by a space, without their labels. Where a section ends, a sentence does.
- *Hard cases*: `benchmarks/data/hard_sentences.txt`, our own; the share of texts that are divided exactly right.

NLTK's Punkt is trained here, on abstracts that are not measured, since its ready-made model is a download.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import pysbd
import sentencex
from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTrainer

from ingestion.document import Document
from ingestion.sentences import find_sentences
from ingestion.sources.pubmed import PubMedXml

Spans = list[tuple[int, int]]
Splitter = Callable[[str], Iterable[tuple[int, int]]]
HARD = Path(__file__).parent / "data" / "hard_sentences.txt"
ABSTRACTS, TRAINING, SLOW = 2000, 4000, 400  # documents; pysbd takes minutes where others take seconds


def stripped(text: str, spans: Iterable[tuple[int, int]]) -> Spans:
    """The spans without white space around them."""
    return [
        (a + len(text[a:b]) - len(text[a:b].lstrip()), a + len(text[a:b].rstrip()))
        for a, b in spans
        if text[a:b].strip()
    ]


def naive(text: str) -> Spans:
    """A full stop, white space, a capital."""
    cuts = [0, *(m.end() for m in re.finditer(r"[.!?]\s+(?=[A-Z])", text)), len(text)]
    return stripped(text, pairwise(cuts))


def by_sentencex(text: str) -> Spans:
    """sentencex as it comes."""
    found = sentencex.get_sentence_boundaries("en", re.sub(r"[^\S \n]", " ", text))  # it panics at some white space
    return stripped(text, [(b["start_index"], b["end_index"]) for b in found])


def by_pysbd(text: str) -> Spans:
    """pysbd as it comes; its own offsets go wrong with repeated sentences, so the sentences are sought in order."""
    spans, place = [], 0
    for sentence in pysbd.Segmenter(language="en", clean=False).segment(text):
        words = sentence.strip()
        start = text.find(words, place)
        if words and start >= 0:
            place = start + len(words)
            spans.append((start, place))
    return spans


def punkt(texts: Sequence[str]) -> Splitter:
    """Punkt (Kiss & Strunk 2006), trained on `texts`."""
    trainer = PunktTrainer()
    trainer.INCLUDE_ALL_COLLOCS = True
    trainer.train("\n\n".join(texts))
    tokenizer = PunktSentenceTokenizer(trainer.get_params())
    return lambda text: list(tokenizer.span_tokenize(text))


def scifact(data: Path) -> dict[str, Spans]:
    """Evidence texts and the gold sentences in them."""
    gold: dict[str, set[tuple[int, int]]] = {}
    for line in (data / "eval" / "support" / "scifact.jsonl").open(encoding="utf-8"):
        pair = json.loads(line)
        for sentence in pair["rationale"]:
            start = pair["evidence"].find(sentence)
            gold.setdefault(pair["evidence"], set()).add((start, start + len(sentence)))
    return {text: sorted(spans) for text, spans in gold.items()}


def labelled(documents: Sequence[Document]) -> dict[str, list[int]]:
    """Abstracts without their labels, and where their sections end (those that end with a full stop)."""
    joined = {}
    for document in documents:
        sections = [document.text[s.start : s.end] for s in document.sections]
        ends = [sum(map(len, sections[:n])) + n - 1 for n in range(1, len(sections)) if sections[n - 1].endswith(".")]
        joined[" ".join(sections)] = ends
    return joined


def hard() -> list[tuple[str, list[str]]]:
    """Texts and their sentences."""
    lines = [line for line in HARD.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(line.replace(" || ", " ").replace("||", ""), re.split(r" ?\|\| ?", line)) for line in lines]


def measure(split: Splitter, sets: dict[str, Any], limit: int) -> dict[str, float]:
    """Shares, and microseconds an abstract."""
    found = gold = false = cut = sentences = 0
    for text, spans in sets["scifact"].items():
        mine = list(split(text))
        starts, ends = {a for a, _ in mine}, {b for _, b in mine}
        for a, b in spans:
            found += (a in starts) + (b in ends)
            gold += 2
            inside = sum(a < start < b for start in starts)
            false += inside
            cut += inside > 0
            sentences += 1
    precision, recall = found / (found + false), found / gold
    row = {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "cut": cut / sentences,
    }
    joined = list(sets["labelled"].items())[:limit]
    began = time.perf_counter()
    ends = [{b for _, b in split(text)} for text, _ in joined]
    row["us"] = (time.perf_counter() - began) * 1e6 / len(joined)
    wanted = [(place, mine) for (_, places), mine in zip(joined, ends, strict=True) for place in places]
    row["labelled"] = sum(place in mine for place, mine in wanted) / len(wanted)
    row["hard"] = sum([text[a:b] for a, b in split(text)] == told for text, told in sets["hard"]) / len(sets["hard"])
    return row


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    documents = [
        item
        for path in sorted((args.data / "ingest" / "pubmed_xml_reserialised").glob("*.gz"))
        for item in PubMedXml().parse(path)
        if isinstance(item, Document)
    ]
    random.Random(1).shuffle(documents)
    several = [document for document in documents if len(document.sections) >= 3][:ABSTRACTS]
    plain = [document.text for document in documents if len(document.sections) == 1]
    sets = {
        "scifact": scifact(args.data),
        "labelled": labelled(several),
        "hard": hard(),
    }
    splitters: dict[str, tuple[Splitter, int]] = {
        "Citewell": (find_sentences, ABSTRACTS),
        f"sentencex {version('sentencex')}": (by_sentencex, ABSTRACTS),
        f"pysbd {version('pysbd')}": (by_pysbd, SLOW),
        f"NLTK {version('nltk')} Punkt": (punkt(plain[:TRAINING]), ABSTRACTS),
        "full stop, space, capital": (naive, ABSTRACTS),
    }
    result: dict[str, Any] = {
        "splitters": {},
        "texts": {name: len(texts) for name, texts in sets.items()},
        "slow": SLOW,
    }
    for name, (split, limit) in splitters.items():
        row = result["splitters"][name] = measure(split, sets, limit)
        print(f"{name:28}", "  ".join(f"{key} {value:.4g}" for key, value in row.items()), flush=True)
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
