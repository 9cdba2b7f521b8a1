"""Reads sets of questions, `{"id", "question", "gold_document_ids", …}` one a line or row, and the texts that answer them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evals.errors import DataError
from evals.jsonl import numbered_records
from evals.qa_texts import CORPORA, AnyText, Text, read_abstracts, read_corpus, read_guidelines

SNIPPETS = "_snippets"
_MADE_UP = 90_000_000  # from here on PMIDs of texts whose ids are none
ARTICLES = "_articles.tar.xz"
TREES = "pageindex_trees"
"""What may lie beside a set: `<set>_snippets.jsonl` (BioASQ), `<set>_articles.tar.xz` (Evidence Inference), or trees of guidelines' sections, which
questions in a CSV are on; these may also lie beside the folder of the set."""
COLUMNS = ("document", "question")
"""What the first line of a CSV names at least."""
VERDICTS = {
    "yes": "yes", "no": "no", "maybe": "uncertain",
    "increased": "increased", "decreased": "decreased", "no significant difference": "no difference",
}  # fmt: skip
"""What sets call the right answer -> the verdict that says so. An expert's "maybe" is evidence that does not decide."""
_GRADE = re.compile(r"\b(?:an?\s+)?([ABCDI]) (?:grade|recommendation)\b|\bgrade:? ([ABCDI])\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the documents that answer it, and how people have answered it.

    Where the set has them: `verdict`, as an answer's direction says it; `spans`, the words of the documents that carry the answer; of guidelines the
    `grade` and the `section`.
    """

    question_id: str
    question: str
    gold: frozenset[str]
    references: tuple[str, ...]
    verdict: str | None = None
    spans: tuple[str, ...] = ()
    grade: str | None = None
    section: str | None = None


@dataclass(slots=True)
class QuestionSet:
    """Questions and texts. `problems` says what is wrong without making the set useless; `left_out` counts, by reason, what cannot be measured."""

    name: str
    questions: list[Asked]
    texts: Mapping[str, AnyText]
    problems: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def read_questions(path: Path) -> QuestionSet:
    """The set in a file, or in a folder that holds one file of questions. Raises `DataError` naming what is amiss."""
    file = _file(path)
    questions, texts, problems, pmids, lines = [], {}, [], {}, dict[str, int]()
    for number, record in _rows(file) if file.suffix == ".csv" else numbered_records(file):
        where, question = f"{file.name}:{number}", record.get("question")
        named = (record.get(name) for name in ("id", "prompt_id", "question_id"))
        key = next((str(each).strip() for each in named if each is not None and str(each).strip()), str(number))
        if not isinstance(question, str) or not question.strip():
            problems.append(f"{where}: no question")
            continue
        if key in lines:
            raise DataError(f"{where}: id {key!r} is already on line {lines[key]}; ids are unique")
        lines[key] = number
        pmid = key if re.fullmatch(r"[1-9]\d{0,7}", key) else str(_MADE_UP + number)
        if contexts := each_text(record, "contexts", where):
            texts[f"pubmed:{pmid}"] = _context(pmid, contexts, each_text(record, "sections", where))
        elif record.get("pmcid"):
            pmids[str(record["pmcid"])] = str(record.get("pmid"))
        questions.append(_asked(key, question, record, f"pubmed:{pmid}", where))
    if not questions:
        raise DataError(f"{file.name}: no question in it: nothing can be measured")
    wanted = frozenset(document for asked in questions for document in asked.gold)
    found = QuestionSet(file.stem, questions, texts, problems)
    if file.suffix == ".csv":
        found.texts = read_guidelines(_trees(file), (each["document"] for _, each in _rows(file)))
    elif pmids:
        found.texts = read_abstracts(file.with_name(f"{file.stem}{ARTICLES}"), pmids)
        _leave_full_texts(found)
    elif not texts:
        found.texts = read_corpus(file.parent, wanted)
    return _with_snippets(found, file.with_name(f"{file.stem}{SNIPPETS}.jsonl"))


def each_text(record: Mapping[str, Any], name: str, where: str) -> list[str]:
    """The texts of a field: a list of them, or one by itself; none where it is missing. Raises `DataError`."""
    value = record.get(name) or []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise DataError(f'{where}: "{name}" is neither a text nor a list of texts')
    return values


def _asked(key: str, question: str, record: Mapping[str, Any], own: str, where: str) -> Asked:
    gold = each_text(record, "gold_document_ids", where)
    if not gold and record.get("contexts"):
        gold = [own]
    elif not gold and record.get("pmid"):
        gold = [f"pubmed:{record['pmid']}"]
    elif not gold and record.get("gold_section"):
        gold = [f"guideline:uspstf/{str(record['document']).replace('_', '-')}@undated"]
    references = tuple(_references(record))
    graded = _GRADE.search(" ".join(references)) if record.get("gold_section") else None
    answer = record.get("label") or record.get("answer")
    return Asked(
        key,
        question,
        frozenset(gold),
        references,
        verdict=VERDICTS.get(answer.lower().strip(" .")) if isinstance(answer, str) else None,
        spans=tuple(str(each["text"]) for each in record.get("evidence") or []),
        grade=(graded[1] or graded[2]) if graded else None,
        section=record.get("gold_section") or None,
    )


def _context(pmid: str, contexts: Sequence[str], labels: Sequence[str]) -> Text:
    """PubMedQA: the abstract without its conclusion, under its labels; its title is the question."""
    named = labels if len(labels) == len(contexts) else [""] * len(contexts)
    return Text(pmid, "", tuple(zip(named, contexts, strict=True)))


def _leave_full_texts(found: QuestionSet) -> None:
    """Keep what an abstract answers, as DeYoung et al. do ("Evidence Inference 2.0", BioNLP 2020): of the rest the text is not there."""
    kept = []
    for asked in found.questions:
        texts = [text.abstract for gold in asked.gold if isinstance(text := found.texts.get(gold), Text)]
        spans = tuple(span for span in asked.spans if any(" ".join(span.split()) in text for text in texts))
        if spans:
            kept.append(replace(asked, spans=spans))
    found.left_out["answered by a full text only"] = len(found.questions) - len(kept)
    found.questions = kept


def _with_snippets(found: QuestionSet, file: Path) -> QuestionSet:
    if file.is_file():
        snippets = {
            str(record.get("id")): tuple(str(each["text"]) for each in record.get("snippets") or [])
            for _, record in numbered_records(file)
        }
        found.questions = [replace(each, spans=snippets.get(each.question_id, each.spans)) for each in found.questions]
    return found


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    there = [each for names in ("*.jsonl", "*.csv", "qa/*.csv") for each in sorted(path.glob(names))]
    files = [each for each in there if each.name not in CORPORA and not each.stem.endswith(SNIPPETS)]
    if len(files) != 1:
        found = f"{len(files)} files of questions" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {found}; --data takes one file of questions (.jsonl or .csv), or a folder with one")
    return files[0]


def _trees(file: Path) -> Path:
    """The folder of the guidelines that the questions in a CSV are on."""
    for folder in (file.parent, file.parent.parent):
        if (folder / TREES).is_dir():
            return folder / TREES
    raise DataError(
        f"{file}: its texts are not there; the guidelines that its questions are on go into a folder {TREES} beside it, or beside its folder, as "
        "<document>.json"
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise DataError(
                    f"{path.name}:1: no column {', '.join(missing)}; the first line names them, with commas"
                )
            yield from enumerate(rows, start=2)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name}: cannot be read ({error}); save it as CSV in UTF-8") from error


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


def texts_of(read: QuestionSet, asked: Sequence[Asked]) -> dict[str, AnyText]:
    """The texts that answer these questions. Raises `DataError` where none is there."""
    texts = {key: read.texts[key] for one in asked for key in sorted(one.gold) if key in read.texts}
    if not texts:
        raise DataError(f"{read.name}: none of the documents that answer its questions is there")
    return texts
