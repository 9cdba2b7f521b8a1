"""Reads evaluation sets in the plain formats, and names file and line where one is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import DataError
from evals.jsonl import numbered_lines, numbered_records

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
IN_BEIR = "qrels/test.tsv"
"""Where BEIR ships the judgements of its test part."""
QRELS_COLUMNS = ("query-id", "corpus-id", "score")
LIMITS = {"sex": "gender", "minimum_age": "min_age", "maximum_age": "max_age"}  # of a trial: our name, the set's


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """One text to be found; of a trial also whom it is open to, as the set says it ("Female", "18 Years")."""

    title: str
    text: str
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""

    @property
    def is_trial(self) -> bool:
        """Whether the set says whom the text is open to."""
        return bool(self.sex or self.minimum_age or self.maximum_age)


@dataclass(slots=True)
class Collection:
    """A retrieval set: documents and queries by id, judgements as query -> document -> grade (0 and below: not relevant).

    `problems` says what is wrong with the set without making it useless, one line each.
    """

    name: str
    documents: dict[str, CorpusDocument]
    queries: dict[str, str]
    judgements: dict[str, dict[str, int]]
    problems: list[str] = field(default_factory=list)


def read_collection(path: Path) -> Collection:
    """The retrieval set in a folder as BEIR lays it out; `path` is the folder or one of its three files.

    Raises `DataError` for a missing, empty or malformed file and for an id given twice. Judgements of unknown documents and queries and texts that
    are blank become `problems`. A relevant document that is not in the corpus stays in the judgements, as trec_eval has it: it counts as missed.
    """
    folder = path.parent if path.is_file() and path.name in (CORPUS, QUERIES, QRELS) else path
    if not folder.is_dir():
        raise DataError(f"{path}: no such folder; --data takes a folder with {CORPUS}, {QUERIES} and {QRELS}")
    for name in (CORPUS, QUERIES):
        if not (folder / name).exists():
            raise DataError(f"{folder / name}: no such file; a retrieval set has {CORPUS}, {QUERIES} and {QRELS}")
    qrels = next((folder / name for name in (QRELS, IN_BEIR) if (folder / name).exists()), None)
    if qrels is None:
        raise DataError(
            f"{folder / QRELS}: no such file, nor {IN_BEIR}; a retrieval set has {CORPUS}, {QUERIES} and {QRELS}"
        )
    problems: list[str] = []
    documents: dict[str, CorpusDocument] = {}
    for number, key, record in _records(folder / CORPUS):
        said = {name: str(record.get(column, "")) for name, column in LIMITS.items()}
        documents[key] = CorpusDocument(
            _text(record, "title", CORPUS, number, ""), _text(record, "text", CORPUS, number), **said
        )
        if not f"{documents[key].title}{documents[key].text}".strip():
            problems.append(f"{CORPUS}:{number}: document {key!r} has no text and cannot be found")
    queries = {key: _text(record, "text", QUERIES, number) for number, key, record in _records(folder / QUERIES)}
    judgements: dict[str, dict[str, int]] = {}
    for number, query, document, grade in _judgements(qrels):
        if not queries.get(query, "").strip():
            what = "has no text" if query in queries else f"is not in {QUERIES}"
            problems.append(f"{QRELS}:{number}: query {query!r} {what}")
            continue
        if document not in documents:
            problems.append(f"{QRELS}:{number}: document {document!r} is not in {CORPUS}")
        if document in judgements.setdefault(query, {}):
            raise DataError(
                f"{QRELS}:{number}: query {query!r} and document {document!r} are judged twice; keep one line"
            )
        judgements[query][document] = grade
    return Collection(folder.resolve().name, documents, queries, judgements, problems)


def _records(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Line number, id and record of every line of a JSONL file that is not blank."""
    first_line: dict[str, int] = {}
    for number, record in numbered_records(path):
        key = record.get("_id")
        if isinstance(key, bool) or not isinstance(key, str | int) or not str(key).strip():
            raise DataError(f'{path.name}:{number}: no "_id"; give every record a text or a number as its id')
        key = str(key).strip()
        if key in first_line:
            raise DataError(f"{path.name}:{number}: id {key!r} is already on line {first_line[key]}; ids are unique")
        first_line[key] = number
        yield number, key, record


def _judgements(path: Path) -> Iterator[tuple[int, str, str, int]]:
    """Line number, query id, document id and grade of every line below the header of a qrels file."""
    lines = numbered_lines(path)
    number, header = next(lines)
    columns = header.split("\t")
    missing = [column for column in QRELS_COLUMNS if column not in columns]
    if missing:
        raise DataError(
            f"{path.name}:{number}: no column {', '.join(missing)}; the first line names them, tab-separated"
        )
    at = [columns.index(column) for column in QRELS_COLUMNS]
    empty = True
    for number, line in lines:
        empty = False
        cells = line.split("\t")
        if len(cells) != len(columns):
            raise DataError(f"{path.name}:{number}: {len(cells)} columns where the header has {len(columns)}")
        query, document, grade = (cells[index].strip() for index in at)
        try:
            yield number, query, document, int(grade)
        except ValueError as error:
            raise DataError(f"{path.name}:{number}: score {grade!r} is no whole number") from error
    if empty:
        raise DataError(f"{path.name}: no judgement below the header; without judgements nothing can be measured")


def _text(record: dict[str, Any], name: str, file: str, number: int, default: str | None = None) -> str:
    value = record.get(name, default)
    if not isinstance(value, str):
        raise DataError(f'{file}:{number}: "{name}" is {"missing" if name not in record else "no text"}')
    return value
