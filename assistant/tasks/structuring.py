"""A text brought into a structure: PICO, or a JSON schema that the caller gives; each value with the words of the text that it stands in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.agent.fencing import unforged
from assistant.answer import Answer, Extracted, TaskName
from assistant.errors import LlmError, QuestionError
from assistant.progress import Progress, Tell
from assistant.run import Run
from assistant.studies.arms import find_arms, find_intervention
from assistant.studies.outcomes import find_asked, find_primary
from assistant.studies.participants import find_counted_people, find_people, find_plain_people
from assistant.tasks.base import Model, Need, Request
from assistant.tasks.falling_back import do_without, open_model, warn
from assistant.tasks.spans import Span, find_words
from assistant.tasks.structure.holding import held
from assistant.tasks.structure.labelled import find_labelled
from assistant.tasks.structure.schema import PICO, Leaf, Step, build, leaves_of, pointers
from assistant.tracing import timed
from assistant.writing import finish
from ingestion.sentences import sentence_spans

if TYPE_CHECKING:
    from assistant.service import Assistant

LONGEST = 50_000
"""Characters of a text."""
MOST_VALUES = 400
PROMPT, MARK = "structure", "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A value and where the text says it."""

    value: Any
    start: int
    end: int


Values = dict[tuple[Step, ...], Value]


class Structuring:
    """Brings a text into PICO or into a caller's JSON schema. The text is not kept, and goes to no model that may not see what it holds."""

    name: TaskName = "structuring"
    summary = "Bring a text into PICO or a JSON schema, each value with the words that it stands in."
    needs: tuple[Need, ...] = ("text",)

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """The structure, `null` where the text says nothing. Raises `QuestionError` for a text or a schema that cannot be taken."""
        text = request.text
        if not text.strip():
            raise QuestionError("The text is empty. Give the words that are to be brought into a structure.")
        if len(text) > LONGEST:
            raise QuestionError(
                f"The text has {len(text):,} characters; at most {LONGEST:,} can be taken. Give a part of it."
            )
        leaves = leaves_of(request.schema if request.schema is not None else PICO)
        run = Run("", engine=assistant.chosen(request.engine))
        tell(Progress("structure", f"Looking for {len(leaves)} values"))
        found: Values = {}
        dropped = 0
        if model := open_model(run, assistant):
            try:
                found, dropped = await _by_model(run, model, leaves, text, tell)
                if not found and dropped:
                    warn(
                        run,
                        f"No value that {model.name} gave stands in the words it gave for it. Rules looked instead.",
                    )
            except LlmError as error:
                do_without(run, str(error))
        by_model = tuple(found)
        rules: Callable[[], Values] = lambda: _by_rules(leaves, text, pico=request.schema is None)  # noqa: E731
        for path, value in (await timed(run, "rules", rules)).items():
            if not any(_same_place(path, other) for other in by_model):
                found[path] = value
        structure, places = build(leaves, {path: one.value for path, one in found.items()})
        extracted = [
            Extracted(
                pointer=places[path], value=one.value, quote=text[one.start : one.end], start=one.start, end=one.end
            )
            for path, one in found.items()
        ]
        made = finish(
            run,
            assistant.library,
            assistant.shelf,
            task=self.name,
            question="",
            reason=None if extracted else _reason(request.schema is None),
            rationale=_rationale(run, leaves, found, len(by_model), dropped),
        )
        extracted.sort(key=lambda one: (one.start, one.pointer))
        return made.model_copy(update={"structure": structure, "extracted": extracted})


async def _by_model(run: Run, model: Model, leaves: Sequence[Leaf], text: str, tell: Tell) -> tuple[Values, int]:
    """The values that the model gives and the text holds, and how many it gave that the text does not. Raises `LlmError`."""
    tell(Progress("structure", f"{model.name} reads the text"))
    known = pointers(leaves)
    wanted = [_described(leaf) for leaf in leaves]
    parsed = await model.reply(
        run, PROMPT, _reply_schema(list(known)), said=text, text=unforged(text, MARK), wanted=wanted
    )
    items = parsed.get("values")
    found: Values = {}
    dropped = 0
    for item in (items if isinstance(items, list) else [])[:MOST_VALUES]:
        taken = await asyncio.to_thread(_taken, item, known, text)
        if taken is None:
            dropped += 1
        else:
            found.setdefault(*taken)
    return found, dropped


def _taken(
    item: Any, known: Mapping[str, tuple[Leaf, tuple[Step, ...]]], text: str
) -> tuple[tuple[Step, ...], Value] | None:
    """A value of the model's where its quote stands in the text and holds it, else `None`."""
    if not isinstance(item, Mapping) or not isinstance(quote := item.get("quote"), str):
        return None
    place = known.get(item["pointer"]) if isinstance(item.get("pointer"), str) else None
    span = find_words(quote, text)
    if place is None or span is None:
        return None
    leaf, path = place
    holding = held(leaf, item.get("value"), text[slice(*span)])
    return (path, Value(holding[0], *span)) if holding else None


def _by_rules(leaves: Sequence[Leaf], text: str, *, pico: bool) -> Values:
    if pico:
        return _pico(text)
    return {one.path: Value(one.value, one.start, one.end) for leaf in leaves for one in find_labelled(leaf, text)}


def _pico(text: str) -> Values:
    """Population, intervention, comparator and outcome by the phrases in which questions and studies name them."""
    found: Values = {}
    spans = sentence_spans(text)

    def put(name: str, base: int, span: Span | None) -> None:
        if span and (name,) not in found:
            start, end = base + span[0], base + span[1]
            found[name,] = Value(text[start:end], start, end)

    for reader in (find_people, find_counted_people, find_plain_people):
        for start, end in spans:
            put("population", start, reader(text[start:end]))
    for start, end in spans:
        if ("intervention",) not in found and (arms := find_arms(text[start:end])):
            put("intervention", start, arms.intervention)
            put("comparator", start, arms.comparator)
        put("outcome", start, find_primary(text[start:end]))
    for start, end in spans:
        put("intervention", start, find_intervention(text[start:end]))
        put("outcome", start, find_asked(text[start:end]))
    return found


def _same_place(path: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether two values are for one place; items of one array are, since the rules' and a model's would not be the same items."""
    return tuple(0 if isinstance(step, int) else step for step in path) == tuple(
        0 if isinstance(step, int) else step for step in other
    )


def _reply_schema(places: list[str]) -> dict[str, Any]:
    value = {
        "type": "object",
        "properties": {
            "pointer": {"type": "string", "enum": places},
            "value": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]},
            "quote": {"type": "string"},
        },
        "required": ["pointer", "value", "quote"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"values": {"type": "array", "items": value}},
        "required": ["values"],
        "additionalProperties": False,
    }


def _described(leaf: Leaf) -> str:
    """A value that is wanted, in one line."""
    places = next(iter(pointers([leaf])))
    words = f"{places}: {leaf.kind}"
    if leaf.names:
        words += f", {', '.join(leaf.names)}"
    if leaf.enum:
        words += f"; one of {', '.join(map(str, leaf.enum))}"
    return words + ("; and so on for further items, with 1, 2, … for 0" if leaf.listed else "")


def _reason(pico: bool) -> str:
    if pico:
        return "The text names no population, intervention, comparator or outcome in words that the rules or the model could tell."
    return "Nothing that the schema asks for was found in the text."


def _rationale(run: Run, leaves: Sequence[Leaf], found: Values, by_model: int, dropped: int) -> str:
    filled = sum(any(_fits(leaf, path) for path in found) for leaf in leaves)
    text = f"Found {filled} of {len(leaves)} values asked for; the others are null."
    if run.model:
        text += f" {by_model} are by {run.model} and {len(found) - by_model} by rules; each stands word for word in the text."
        if dropped:
            text += f" {dropped} that the model gave were dropped: the text does not hold them."
    else:
        text += (
            " Without a language model values are found by rules: behind a label such as “Age: 64” or “BP 140/90 mmHg”, by the words of an enum, "
            "or by the phrases that name patients and treatments. What is said in other ways is not found, nor are lists of objects."
        )
    return text


def _fits(leaf: Leaf, path: Sequence[Step]) -> bool:
    return len(path) == len(leaf.path) and all(a is None or a == b for a, b in zip(leaf.path, path, strict=True))
