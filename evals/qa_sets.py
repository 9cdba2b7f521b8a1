"""Reads sets of questions, `{"id", "question", "gold_document_ids", …}` one a line, and the texts that answer them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import DataError
from evals.jsonl import numbered_records

CORPORA = ("corpus.jsonl", "pubmed_corpus.jsonl.xz", "pubmed_corpus.jsonl")
"""Where the texts of a set may be: beside it, or in the folder above. A set whose questions bring their `contexts` needs none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the documents that answer it, and how people have answered it."""

    question_id: str
    question: str
    gold: frozenset[str]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be found; what its title would give away is left out."""

    pmid: str
    title: str
    abstract: str


@dataclass(slots=True)
class QuestionSet:
    """Questions and texts. `problems` says what is wrong without making the set useless."""

    name: str
    questions: list[Asked]
    texts: dict[str, Text]
    problems: list[str] = field(default_factory=list)


def read_questions(path: Path) -> QuestionSet:
    """The set in a file, or in a folder that holds one file of questions. Raises `DataError` naming what is amiss."""
    file = _file(path)
    questions, texts, problems = [], {}, []
    for number, record in numbered_records(file):
        key, question = str(record.get("id", number)), record.get("question")
        if not isinstance(question, str) or not question.strip():
            problems.append(f"{file.name}:{number}: no question")
            continue
        gold = record.get("gold_document_ids") or []
        if contexts := record.get(
            "contexts"
        ):  # PubMedQA: the abstract without its conclusion; its title is the question
            texts[f"pubmed:{key}"] = Text(key, "", " ".join(map(str, contexts)))
            gold = gold or [f"pubmed:{key}"]
        questions.append(Asked(key, question, frozenset(map(str, gold)), tuple(_references(record))))
    if not questions:
        raise DataError(f"{file.name}: no question in it: nothing can be measured")
    if not texts:
        wanted = frozenset(document for asked in questions for document in asked.gold)
        texts = _corpus(file.parent, wanted)
    return QuestionSet(file.stem, questions, texts, problems)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [each for each in sorted(path.glob("*.jsonl")) if each.name not in CORPORA] if path.is_dir() else []
    if len(files) != 1:
        found = f"{len(files)} files of questions" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {found}; --data takes one file of questions (.jsonl), or a folder with one")
    return files[0]


def _corpus(folder: Path, wanted: frozenset[str]) -> dict[str, Text]:
    """The texts that questions need. The rest of a corpus is left: building an index of all of it would take hours."""
    for place in (folder, folder.parent):
        for name in CORPORA:
            if (place / name).is_file():
                found = {}
                for _, record in numbered_records(place / name):
                    text = _text(record)
                    if text and f"pubmed:{text.pmid}" in wanted:
                        found[f"pubmed:{text.pmid}"] = text
                return found
    raise DataError(f"{folder}: no texts to answer from; put {CORPORA[0]} or {CORPORA[1]} there or in the folder above")


def _text(record: Mapping[str, Any]) -> Text | None:
    pmid = str(record.get("pmid") or record.get("_id") or "").removeprefix("pubmed:")
    abstract = record.get("abstract") or record.get("text")
    return Text(pmid, str(record.get("title") or ""), str(abstract)) if pmid.isdigit() and abstract else None


def _references(record: Mapping[str, Any]) -> Iterator[str]:
    """Answers in words: BioASQ's ideal answers, PubMedQA's conclusion."""
    ideal = record.get("ideal_answer") or record.get("conclusion") or record.get("reference_answer") or []
    yield from (str(each) for each in ([ideal] if isinstance(ideal, str) else ideal) if str(each).strip())


def sample(questions: Sequence[Asked], limit: int | None, seed: int) -> list[Asked]:
    """So many of the questions, drawn by the seed; all where there is no limit. The order stays."""
    if limit is None or limit >= len(questions):
        return list(questions)
    import random

    drawn = set(random.Random(seed).sample(range(len(questions)), limit))  # noqa: S311
    return [asked for number, asked in enumerate(questions) if number in drawn]


def texts_of(read: QuestionSet, asked: Sequence[Asked]) -> dict[str, Text]:
    """The texts that answer these questions. Raises `DataError` where none is there."""
    texts = {key: read.texts[key] for one in asked for key in sorted(one.gold) if key in read.texts}
    if not texts:
        raise DataError(f"{read.name}: none of the documents that answer its questions is there")
    return texts
