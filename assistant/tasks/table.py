"""The rows of an evidence table: what the rules read of a study, and what a model reads better, each cell checked where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.agent.book import Book, Entry
from assistant.answer import Cell, EvidenceRow
from assistant.drafts import Checked, Draft, Quote
from assistant.run import Run
from assistant.studies.finding import called
from assistant.studies.reader import FIELDS, Read, Row
from assistant.tasks.base import Model
from assistant.tasks.checks import Check
from assistant.tasks.numbered import shown_to, text_of
from assistant.tasks.spans import find_words
from indexes.passage import Passage
from ingestion.document import Document

WITH_FIGURES = frozenset({"n", "effect"})
PROMPT = "extract_study"
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred)\b", re.IGNORECASE
)
# What belongs together is read by one reader: the effect of one outcome beside another's name would be a new finding.
TOGETHER = (("outcome", "effect"), ("intervention", "comparator"))


async def read_by_model(run: Run, model: Model, question: str, passages: Sequence[Passage], rules: Row) -> Row:
    """The row with what a model reads, where its words stand in the sentence that it names; else what the rules read. Raises `LlmError`."""
    values = {"question": question}
    book, entries = shown_to(model, PROMPT, passages, schema, **values)
    parsed = await model.reply(run, PROMPT, schema(entries), said=question, evidence=text_of(entries), **values)
    return merged(rules, cells_in(parsed, book))


def schema(entries: Sequence[Entry]) -> dict[str, Any]:
    """The JSON schema of a row: each cell is null, or words and the number of the sentence they stand in."""
    references = [reference for entry in entries for reference in entry.references()]
    cell = {
        "anyOf": [
            {
                "type": "object",
                "properties": {"value": {"type": "string"}, "sentence": {"type": "string", "enum": references}},
                "required": ["value", "sentence"],
                "additionalProperties": False,
            },
            {"type": "null"},
        ]
    }
    return {
        "type": "object",
        "properties": dict.fromkeys(FIELDS, cell),
        "required": list(FIELDS),
        "additionalProperties": False,
    }


def cells_in(parsed: Mapping[str, Any], book: Book) -> Row:
    """What a model filled in, as the words of the sentence it names; what does not stand there is dropped."""
    row: Row = {}
    for field in FIELDS:
        cell = parsed.get(field)
        if not isinstance(cell, Mapping):
            continue
        value, reference = cell.get("value"), cell.get("sentence")
        quote = book.quote(reference) if isinstance(reference, str) else None
        if quote is None or not isinstance(value, str) or not (span := find_words(value, quote.text)):
            continue
        found = Quote(quote.passage, quote.start + span[0], quote.start + span[1])
        if field not in WITH_FIGURES or _FIGURE.search(found.text):
            row[field] = Read(found.text, found)
    return row


def merged(rules: Row, model: Row) -> Row:
    """The model's cells where it has any, else the rules'; of what belongs together all from one of them, unless both say the same."""
    row = {**rules, **model}
    for one, other in TOGETHER:
        for mine, beside in ((one, other), (other, one)):
            if mine in model and beside not in model and beside in rules and _differ(model[mine], rules.get(mine)):
                row.pop(beside, None)
    return {field: row[field] for field in FIELDS if field in row}


def _differ(one: Read, other: Read | None) -> bool:
    return other is None or " ".join(one.value.split()).lower() != " ".join(other.value.split()).lower()


def written(document: Document, row: Row, check: Check) -> EvidenceRow:
    """The row as it is shown. A cell whose words do not stand up to the check is left empty."""
    cells = {field: cell for field, read in row.items() if (cell := _cell(read, check))}
    return EvidenceRow.model_validate({"document_id": document.document_id, "study": called(document), **cells})


def _cell(read: Read, check: Check) -> Cell | None:
    if read.quote is None:
        return Cell(value=read.value)
    checked = check(Draft(read.quote.text, (read.quote,)))
    if not isinstance(checked, Checked):
        return None
    return Cell(value=checked.claim.text, citation=checked.claim.citations[0])
