"""What the verifier's checks catch of false claims made by rule, what they wrongly refuse of true ones, and how long an answer takes them.

python benchmarks/verification.py --out benchmarks/results/verification.json                 (the starter library's articles)
python benchmarks/verification.py --corpus pubmed_corpus.jsonl.xz --out …/verification_corpus.json   (and other articles)
python benchmarks/verification.py --corpus pubmed_corpus.jsonl.xz --pairs --out made.jsonl            (to train on)
"""

from __future__ import annotations

import argparse
import json
import lzma
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lxml import etree

from assistant.answer import Citation
from assistant.composing.vectors import SentenceVectors
from assistant.verification import verify
from assistant.verification.checks import examine
from assistant.verification.evidence import Evidence, introduced
from assistant.verification.neural import NeuralVerifier
from evals.mutations import mutants, pair
from indexes.embedding import load_embedder
from indexes.passage import Kind, Passage
from ingestion import starter
from ingestion.sentences import sentence_spans

MOST = 300  # claims of each kind
SHORTEST, LONGEST = 50, 350  # characters of a sentence
SEED = 1
CLAIMS = 5  # of an answer
ANSWERS = 60
SENTENCES = 6000
PAIRS = 60  # of each kind, to train on

Sources = Mapping[str, tuple[str, str]]
"""Sentence -> title and text that it stands in."""


def articles() -> Iterator[tuple[str, str]]:
    """Title and abstract of the starter library's articles."""
    for path in sorted((starter.FOLDER / "pubmed").glob("*.xml")):
        for article in etree.parse(path).iter("PubmedArticle"):
            title = "".join(article.find(".//ArticleTitle").itertext())
            yield title, "\n".join("".join(part.itertext()) for part in article.iter("AbstractText"))


def corpus(path: Path) -> Iterator[tuple[str, str]]:
    """The whole abstracts of a file of articles; it has no titles."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record.get("complete"):
                yield "", str(record["abstract"])


def sentences(texts: Iterator[tuple[str, str]]) -> Sources:
    """The sentences of the texts that are neither short nor long, each with where it stands."""
    found: dict[str, tuple[str, str]] = {}
    for title, text in texts:
        for start, end in sentence_spans(text):
            if SHORTEST < end - start < LONGEST:
                found.setdefault(text[start:end], (title, text))
        if len(found) >= SENTENCES:
            break
    return found


def caught(sources: Sources) -> dict[str, dict[str, object]]:
    """Of each kind of claim how many were refused, and by which checks."""
    cases, refused, by = Counter[str](), Counter[str](), defaultdict(Counter[str])
    true = {}
    for mutant in mutants(sorted(sources), SEED, MOST):
        title, text = sources[mutant.sentence]
        evidence = Evidence(mutant.sentence, title, text, pairs=introduced(f"{title}. {text}"))
        faults = [name for name, finding in examine(mutant.claim, evidence).items() if finding.fault]
        if mutant.kind == "unchanged":
            faults = []  # a claim that is its quote is not checked against itself
        cases[mutant.kind] += 1
        refused[mutant.kind] += bool(faults)
        by[mutant.kind].update(faults)
        true[mutant.kind] = mutant.true
    return {
        kind: {"true": true[kind], "cases": cases[kind], "refused": refused[kind], "by": dict(by[kind].most_common())}
        for kind in cases
    }


def latency(sources: Sources, verifier: Path | None) -> dict[str, dict[str, float]]:
    """Milliseconds that the claims of an answer take, each in other words than its quote: by the rules alone, with the embedder, with a verifier too.

    The quotes have been embedded before, as they are where an answer is composed; the claims have not.
    """
    made = [mutant for mutant in mutants(sorted(sources), SEED + 1, MOST) if mutant.claim != mutant.sentence]
    made.sort(key=lambda mutant: mutant.claim)
    embedder = load_embedder()
    judge = NeuralVerifier(verifier).probabilities if verifier else None
    result = {}
    for name in ("rules", "rules and meaning", *(["rules, meaning and a trained verifier"] if judge else [])):
        vectors = SentenceVectors(embedder)
        with_meaning = vectors.sentences if name != "rules" else None
        times = []
        for number in range(ANSWERS):
            answer = [made[(number * 37 + place * 101) % len(made)] for place in range(CLAIMS)]
            cited = [(mutant.claim, [_cited(mutant.sentence, *sources[mutant.sentence])]) for mutant in answer]
            vectors.sentences([mutant.sentence for mutant in answer])
            started = time.perf_counter()
            for claim, citations in cited:
                verify(claim, citations, embed=with_meaning, judge=judge if "verifier" in name else None)
            times.append((time.perf_counter() - started) * 1000)
        cuts = statistics.quantiles(times[5:], n=20)
        result[name] = {
            "p50_ms": round(statistics.median(times[5:]), 1),
            "p95_ms": round(cuts[-1], 1),
            "answers": len(times) - 5,
        }
    return result


def _cited(sentence: str, title: str, text: str) -> tuple[Citation, Passage]:
    start = text.index(sentence)
    passage = Passage("pubmed:0#0", "pubmed:0", Kind.LITERATURE, text, 0, len(text), title)
    return (
        Citation(
            passage_id="pubmed:0#0",
            document_id="pubmed:0",
            quote=sentence,
            start=start,
            end=start + len(sentence),
            support=0,
        ),
        passage,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument(
        "--pairs", action="store_true", help="write the claims as a support set to train on, and measure nothing"
    )
    parser.add_argument("--verifier", type=Path, help="the folder of a trained verifier, to be timed too")
    args = parser.parse_args(arguments)
    sources = sentences(corpus(args.corpus) if args.corpus else articles())
    if args.pairs:
        made = [pair(mutant) for mutant in mutants(sorted(sources), SEED + 2, PAIRS) if mutant.kind != "unchanged"]
        args.out.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in made), encoding="utf-8")
        return
    result: dict[str, object] = {"sentences": len(sources), "seed": SEED, "kinds": caught(sources)}
    if not args.no_latency:
        result["latency"] = {"claims": CLAIMS, **latency(sources, args.verifier)}
    print(json.dumps(result, indent=2))
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
