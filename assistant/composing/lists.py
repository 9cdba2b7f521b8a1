"""Lists as guidelines print them, under a heading that says of what: "Malaria", "Treatment", and a drug a line.

An item is no sentence and often says nothing alone ("Child: half the dose"), so that a list is quoted as a whole, every line of it. It answers only a
question for what its headings say, on what they name. Of a list that was cut into several passages only the first lines can be quoted, and the
reader is told that it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.composing.candidates import Candidate, is_titled, lowest_first
from assistant.planning.aspects import aspect_headed, aspects_asked
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, content_of
from assistant.planning.vocabulary import TermKind
from indexes.passage import Hit, Kind, Part, Passage, Role

GOES_ON = "the list goes on in the source"
_LONGEST_LINE = 90  # words: longer ones are paragraphs
_SENTENCE_ENDS = (".", "!", "?")
_LEADS = (":", ",", ";", " and", " or", " with")
_TABLE = "|"
_ROLES = frozenset({Role.BODY, Role.RECOMMENDATION})
_OTHER_THAN = re.compile(r"\b(?:other than|except|excluding|not due to)\b[^.)]*", re.IGNORECASE)
_POINTS_ELSEWHERE = re.compile(r"\(?see\b", re.IGNORECASE)
_A_CASE = re.compile(r"(?:if|when|then|this|these|otherwise|in that case|or|plus|and)\b", re.IGNORECASE)
_MATTERS = frozenset({TermKind.CONDITION, TermKind.INTERVENTION, TermKind.OTHER})

Bounds = Callable[[Passage, Part], tuple[int, int]]
"""Where the section that a part is of begins and ends, counted in the passage's text: before 0 or behind its end where the section was cut."""


def uncut(passage: Passage, part: Part) -> tuple[int, int]:  # noqa: ARG001 - `Bounds`
    """Of passages whose documents are not at hand, each part counts as a whole section."""
    return part.start, part.end


def lists(plan: Plan, hits: Sequence[Hit], bounds: Bounds = uncut) -> Iterator[Candidate]:
    """The lists of guidelines that are of what the question asks for, on what it names."""
    for hit in hits:
        passage = hit.passage
        for part in parts_asked_for(plan, passage):
            if is_list(passage, part):
                start, end = bounds(passage, part)
                end = part.end if end <= part.end else passage.text.rfind("\n", part.start, part.end)
                if start == part.start and end > start:  # the rest of a list would lack what stood above it
                    yield Candidate(hit, start, end, part.role, leans=False, listed=True)


def within(candidate: Candidate, listed: Sequence[Candidate]) -> bool:
    """Whether the sentence is an item of one of the lists."""
    return any(
        candidate.hit.passage.passage_id == one.hit.passage.passage_id and one.start <= candidate.start < one.end
        for one in listed
    )


def parts_asked_for(plan: Plan, passage: Passage) -> list[Part]:
    """The parts of a guideline's passage that stand under what the question asks for, on what it names."""
    asked = aspects_asked(plan.question) if passage.kind is Kind.GUIDELINE else frozenset()
    return [
        part
        for part in passage.parts
        if part.role in _ROLES and aspect_headed(lowest_first(passage, part)) in asked and is_about(plan, passage, part)
    ]


def is_about(plan: Plan, passage: Passage, part: Part | None = None) -> bool:
    """Whether the title, or with a part its headings too, names all that the question is about; "other than" it does not."""
    said = " . ".join((passage.title, *(lowest_first(passage, part) if part else ())))
    headings = content_of(_OTHER_THAN.sub(" ", said))
    terms = matters(plan)
    return bool(terms) and all(term.occurs_in(headings) for term in terms)


def matters(plan: Plan) -> tuple[Term, ...]:
    """What the question is about, without the words by which it says what it asks of it."""
    return tuple(term for term in plan.terms if term.kind in _MATTERS and not aspects_asked(term.text))


def place_of(passage: Passage, start: int, end: int) -> str | None:
    """Where a list stands, which its items do not say: the title and the headings. `None` of what is no list."""
    part = passage.part_at(start)
    whole = (start, end) == (part.start, part.end)
    cut = start == part.start and passage.text[end : end + 1] == "\n"
    if not (whole or cut) or not is_list(passage, part):
        return None
    path = " › ".join(dict.fromkeys(filter(None, (passage.title, *reversed(lowest_first(passage, part))))))
    return path if whole else f"{path}; {GOES_ON}"


def is_list(passage: Passage, part: Part) -> bool:
    """Whether the lines of a guideline's part are items: none is a paragraph, a table's row or what leads to more, and the first is no case of what
    stands above ("If the patient improves:"). A single line is one where it is neither a sentence nor graded."""
    if passage.kind is not Kind.GUIDELINE or part.role not in _ROLES:
        return False
    text = passage.text[part.start : part.end]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines or _TABLE in text or lines[-1].endswith(_LEADS) or _A_CASE.match(lines[0]):
        return False
    if len(lines) == 1 and (
        passage.page is not None  # where it may be a caption, or a cell of a table
        or part.role is Role.RECOMMENDATION
        or lines[0].endswith(_SENTENCE_ENDS)
        or is_titled(lines[0])
        or _POINTS_ELSEWHERE.match(lines[0])
    ):
        return False
    return all(len(line.split()) <= _LONGEST_LINE for line in lines)
