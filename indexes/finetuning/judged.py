"""Data to learn from and to be judged by: queries, texts, and which texts answer which query."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexes.errors import ModelError
from indexes.passage import Passage, Role

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
TRAINING = "qrels/train.tsv"  # where BEIR keeps the part that may be learnt from
SNIPPETS, ABSTRACTS = "bioasq_snippets.jsonl", "pubmed_corpus.jsonl.xz"
HELD_OUT = 0.15
LONGEST = 1 << 24  # characters of a line: a file of few bytes may unpack to one that fills the memory
_LISTS = ("snippets", "gold_document_ids")
_GRADE = re.compile(r"-?[0-9]{1,9}")
LEAST_WORDS = 3  # of a title or heading that is a query: "Introduction" asks nothing


@dataclass(frozen=True, slots=True)
class Judged:
    """A set of data: queries and texts by identifier, and query -> the texts that answer it, the best first. `licence` as far as it is said."""

    name: str
    queries: dict[str, str]
    texts: dict[str, str]
    relevant: dict[str, tuple[str, ...]]
    licence: str = "not said"

    def split(self, held_out: float = HELD_OUT) -> tuple[Judged, Judged]:
        """What is trained on, and what is held out to judge: by a hash of the query's words, so that a query never changes sides."""
        aside = {key for key in self.relevant if _share(self.queries[key]) < held_out}
        train = {key: texts for key, texts in self.relevant.items() if key not in aside}
        test = {key: texts for key, texts in self.relevant.items() if key in aside}
        return (
            Judged(self.name, self.queries, self.texts, train, self.licence),
            Judged(self.name, self.queries, self.texts, test, self.licence),
        )


def read_judged(path: Path) -> Judged:
    """The set in a folder as BEIR lays it out, or in a file of BioASQ questions. Raises `ModelError` naming file and line where one is broken."""
    if path.is_dir():
        return _beir(path)
    if path.is_file():
        return _bioasq(path)
    raise ModelError(
        f"{path}: no such file or folder. Data is a folder with {CORPUS}, {QUERIES} and {QRELS} (or {TRAINING}), or a file of BioASQ questions."
    )


def from_passages(passages: Iterable[Passage], share: float = 1.0) -> Judged:
    """What a library teaches: a title asks for its abstract or first passage, and the heading of a recommendation or section for its text.

    A document's title and headings are not part of the texts, else they would be found by their own words. Of a large library, `share` is the part
    of the passages that is kept, the same ones each time.
    """
    queries: dict[str, str] = {}
    texts: dict[str, str] = {}
    relevant: dict[str, tuple[str, ...]] = {}

    def add(key: str, query: str, text: str) -> None:
        if len(query.split()) >= LEAST_WORDS and len(text.split()) > len(query.split()):
            queries[key], texts[key], relevant[key] = query, text, (key,)

    titled: set[str] = set()
    for passage in passages:
        if _share(passage.passage_id) >= share:
            continue
        if passage.document_id not in titled:
            titled.add(passage.document_id)
            add(passage.passage_id, passage.title, passage.text)
        elif passage.section:
            add(passage.passage_id, f"{passage.title}: {passage.section[-1]}", passage.text)
        for number, part in enumerate(passage.parts):
            if part.role is Role.RECOMMENDATION and part.heading:
                add(f"{passage.passage_id}/{number}", part.heading, passage.text[part.start : part.end])
    return Judged("library", queries, texts, relevant, "the library's own")


def _beir(folder: Path) -> Judged:
    texts = {key: f"{record.get('title', '')}\n{record['text']}".strip() for key, record in _records(folder / CORPUS)}
    queries = {key: str(record["text"]) for key, record in _records(folder / QUERIES)}
    graded: dict[str, list[tuple[int, str]]] = {}
    qrels = next((path for path in (folder / QRELS, folder / TRAINING) if path.is_file()), None)
    if qrels is None:
        raise ModelError(f"{folder}: no judgements to learn from. Put them into {QRELS} or {TRAINING} there.")
    for number, line in enumerate(_lines(qrels)):
        cells = line.rstrip("\r\n").split("\t")
        if number == 0 or not line.strip():
            continue  # the header
        if len(cells) != 3 or not _GRADE.fullmatch(cells[2]):
            raise ModelError(
                f"{qrels}:{number + 1}: a line holds query-id, corpus-id and a whole score, with tabs between."
            )
        query, text, grade = cells[0], cells[1], int(cells[2])
        if grade > 0 and query in queries and texts.get(text):
            graded.setdefault(query, []).append((-grade, text))
    relevant = {query: tuple(text for _, text in sorted(found)) for query, found in graded.items()}
    return Judged(folder.resolve().name, queries, texts, relevant, _licence(folder))


def _bioasq(path: Path) -> Judged:
    """Questions and their documents: abstracts where the corpus above has them whole, else what BioASQ's experts marked in them."""
    texts: dict[str, str] = {}
    for _, record in _records(path.parent / SNIPPETS, "id", ("snippets",)):
        for snippet in record["snippets"]:
            try:
                document, section, text = (str(snippet[name]) for name in ("document", "beginSection", "text"))
            except (KeyError, TypeError) as error:
                raise ModelError(
                    f"{path.parent / SNIPPETS}: a snippet of {record['id']} has no document, beginSection and text; mend or remove it."
                ) from error
            key = "pubmed:" + document.rpartition("/")[2]
            if section != "title" and text not in texts.get(key, ""):
                texts[key] = f"{texts.get(key, '')} {text}".strip()
    if (path.parent.parent / ABSTRACTS).is_file():
        for _, record in _records(path.parent.parent / ABSTRACTS, "pmid", ()):
            if record.get("complete") and record.get("abstract") and f"pubmed:{record['pmid']}" in texts:
                texts[f"pubmed:{record['pmid']}"] = f"{record.get('title') or ''}\n{record['abstract']}".strip()
    queries: dict[str, str] = {}
    relevant: dict[str, tuple[str, ...]] = {}
    for key, record in _records(path, "id", ("question", "gold_document_ids")):
        found = tuple(each for each in map(str, record["gold_document_ids"]) if each in texts)
        if found:
            queries[key], relevant[key] = str(record["question"]), found
    return Judged(path.stem, queries, texts, relevant, _licence(path.parent))


def _records(
    path: Path, identifier: str = "_id", fields: tuple[str, ...] = ("text",)
) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{path}:{number}: not a JSON object ({error}); mend or remove the line.") from error
        if not isinstance(record, dict):
            raise ModelError(f"{path}:{number}: not a JSON object; mend or remove the line.")
        missing = [name for name in (identifier, *fields) if name not in record]
        missing += [name for name in _LISTS if name in fields and not isinstance(record.get(name), list)]
        if missing:
            raise ModelError(f"{path}:{number}: no {', '.join(missing)}; mend or remove the line.")
        yield str(record[identifier]), record


def _lines(path: Path) -> Iterator[str]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as file:
            while line := file.readline(LONGEST):
                if len(line) == LONGEST:
                    raise ModelError(
                        f"{path}: a line has more than {LONGEST:,} characters: it is no data to learn from."
                    )
                yield line
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}).") from error


def _licence(folder: Path) -> str:
    for file in sorted(folder.glob("LICENSE*")):
        return next((line.strip() for line in _lines(file) if line.strip()), "not said")
    return "not said"


def _share(words: str) -> float:
    """A number in [0, 1) that only the words decide."""
    return int.from_bytes(hashlib.sha256(" ".join(words.lower().split()).encode()).digest()[:4], "big") / 2**32
