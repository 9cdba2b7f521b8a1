"""Guidelines whose advice is lists: how often a question for a section of one is answered from that section.

    python benchmarks/guideline_lists.py --data ../shared/data --out benchmarks/results/guideline_lists.json

Nigeria's Standard Treatment Guidelines of 2022, a document for each of 270 conditions, are asked one question for each section of each condition, in
the words of `QUESTIONS`. Right is a document of that condition; with it the section, by its heading. Each question has a twin: the same, the
condition's documents taken away; what is answered then comes from a guideline on another matter, or from a neighbouring one that answers too. Beside
it, the same questions answered by single sentences alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from assistant.composing.engine import ExtractiveEngine
from assistant.drafts import Draft
from assistant.planning.rules import plan
from assistant.run import Run
from ingestion.document import Document
from ingestion.library import Library
from ingestion.pipeline import ingest_files

QUESTIONS = {
    "Treatment": "How is {} treated?",
    "Clinical features": "What are the symptoms and signs of {}?",
    "Investigations": "Which investigations are done in suspected {}?",
    "Differential diagnoses": "What is the differential diagnosis of {}?",
    "Complications": "What are the complications of {}?",
    "Prevention": "How can {} be prevented?",
}
_APART = re.compile(r"\s*\([^)]*\)|,.*|\s+\d+$")
THERE, ALONE, AWAY = CASES = ("in the library", "sentences alone", "taken away")
FIELDS = ("answered", "document", "first_document", "first_section")
SPARE = 24  # passages that are looked at beyond the usual, where documents are taken away


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: whether something was shown, whether the first of it, or any, is of the right document, and of the right section."""

    question: str
    section: str
    answered: bool
    first_document: bool
    document: bool
    first_section: bool
    shown: tuple[str, ...]


def none(*_: object) -> tuple[()]:
    """No list."""
    return ()


def name_of(document: Document) -> str:
    """The condition as one would say it: without what is in brackets, small but for abbreviations."""
    words = _APART.sub("", document.title).split()
    return " ".join(word if word.isupper() and len(word) < 6 else word.lower() for word in words)


def asked(documents: Collection[Document]) -> Iterator[tuple[str, str, str]]:
    """Each condition's name, a section that it has, and the question for it."""
    seen = set()
    for document in documents:
        for section in dict.fromkeys(section.path[0] for section in document.sections if section.path):
            name = name_of(document)
            if section in QUESTIONS and (name, section) not in seen:
                seen.add((name, section))
                yield name, section, QUESTIONS[section].format(name)


async def answer(engine: ExtractiveEngine, question: str, without: Collection[str] = ()) -> list[Draft]:
    """What the engine would show, before it is checked; from other documents than those, where some are taken away."""
    run = Run(question)
    run.plan = plan(question)
    if without:
        run.plan = replace(run.plan, quotas={kind: quota + SPARE for kind, quota in run.plan.quotas.items()})
    await engine.gather(run, lambda _: None)
    run.hits = [hit for hit in run.hits if hit.passage.document_id not in without]
    return [draft async for draft in engine.compose(run, lambda _: None)]


def outcome(question: str, section: str, gold: Collection[str], drafts: list[Draft]) -> Outcome:
    """The drafts, judged."""
    quotes = [draft.quotes[0] for draft in drafts]
    documents = [quote.passage.document_id in gold for quote in quotes]
    headed = [
        right
        and any(
            section.lower() in one.lower()
            for one in (*quote.passage.section, quote.passage.part_at(quote.start).heading)
        )
        for quote, right in zip(quotes, documents, strict=True)
    ]
    return Outcome(
        question,
        section,
        bool(drafts),
        documents[:1] == [True],
        any(documents),
        headed[:1] == [True],
        tuple(f"{quote.passage.title}: {draft.text}" for quote, draft in zip(quotes, drafts, strict=True)),
    )


def share(outcomes: Collection[Outcome], field: str) -> float:
    """The share of the outcomes of which it is true."""
    return round(sum(asdict(each)[field] for each in outcomes) / len(outcomes), 3)


def main() -> None:
    """Ingest, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real data (shared/data)")
    parser.add_argument("--home", type=Path, help="a library that holds the guideline already")
    parser.add_argument("--every", type=int, default=1, help="ask every so manieth question (default: all)")
    parser.add_argument("--show", type=Path, help="where to write what was shown, to be read")
    parser.add_argument("--out", type=Path, required=True, help="where to write the figures (JSON)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(options.home or Path(folder), purpose="a benchmark") as library,
    ):
        if not options.home:
            ingest_files(library, [options.data / "ingest/guidelines/nigeria_nstg_2022"])
        documents = [each for each in library.ledger.documents() if each.document_id.startswith("guideline:nstg/")]
        by_name: dict[str, set[str]] = {}
        for document in documents:
            by_name.setdefault(name_of(document), set()).add(document.document_id)
        engine = ExtractiveEngine(library)
        found: dict[str, list[Outcome]] = {case: [] for case in CASES}
        for name, section, question in [*asked(documents)][:: options.every]:
            for case in CASES:
                with patch("assistant.composing.extractive.lists", none) if case == ALONE else nullcontext():
                    drafts = asyncio.run(answer(engine, question, by_name[name] if case == AWAY else ()))
                found[case].append(outcome(question, section, by_name[name], drafts))
    result: dict[str, Any] = {"documents": len(documents), "sections": {}}
    for section in dict.fromkeys(each.section for each in found[THERE]):
        of = {case: [each for each in every if each.section == section] for case, every in found.items()}
        result["sections"][section] = {
            "n": len(of[THERE]),
            **{case: {field: share(of[case], field) for field in FIELDS} for case in CASES},
        }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.show:
        lines = [json.dumps({"case": case, **asdict(each)}) for case, every in found.items() for each in every]
        options.show.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
