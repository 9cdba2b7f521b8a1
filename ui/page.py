"""What the page shows, as plain data: the props of `public/elements/Answer.jsx` and `Source.jsx`."""

from __future__ import annotations

from typing import TypedDict


class Segment(TypedDict):
    """A stretch of a passage; marked where the answer cites it."""

    text: str
    marked: bool


class Excerpt(TypedDict):
    """A cited passage: where it stands in its document, and its text."""

    where: str
    segments: list[Segment]


class Marker(TypedDict):
    """A `[n]` behind a sentence: the source, and the passages of it that carry this sentence."""

    number: int
    excerpts: list[Excerpt]


class ShownClaim(TypedDict):
    """A sentence with its markers and what the verifier found; `context` is what it leans on, never a part of the quote."""

    context: str
    text: str
    support: str
    findings: list[str]
    markers: list[Marker]


class ShownSource(TypedDict):
    """A source in words."""

    number: int
    title: str
    kind: str
    publisher: str
    grade: str
    level: str
    year: str
    status: str
    concern: str
    url: str
    host: str
    identifiers: list[str]


class ShownWarning(TypedDict):
    """A warning in words; `number` is the source it is about, 0 where it is about the answer."""

    heading: str
    text: str
    grave: bool
    number: int


class Notice(TypedDict):
    """What is said in place of an answer."""

    heading: str
    text: str


class Page(TypedDict):
    """All that `public/elements/Answer.jsx` shows."""

    read_as: str
    read_note: str
    notice: Notice | None
    warnings: list[ShownWarning]
    direction: str
    claims: list[ShownClaim]
    unanswered: list[str]
    certainty: str
    sources: list[ShownSource]
    nearest_heading: str
    nearest: list[ShownSource]
    rationale: str
    steps: list[str]
    made_by: str


class Panel(TypedDict):
    """A source beside the answers: what `public/elements/Source.jsx` shows. `opener` is the button the keyboard goes back to."""

    source: ShownSource
    excerpts: list[Excerpt]
    claim: ShownClaim
    opener: str


def notice_page(heading: str, text: str) -> Page:
    """A page that says something in place of an answer."""
    return Page(
        read_as="",
        read_note="",
        notice=Notice(heading=heading, text=text),
        warnings=[],
        direction="",
        claims=[],
        unanswered=[],
        certainty="",
        sources=[],
        nearest_heading="",
        nearest=[],
        rationale="",
        steps=[],
        made_by="",
    )
