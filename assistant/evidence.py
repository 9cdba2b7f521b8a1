"""Passages and documents as the doors show them: what `search` and `show` print and the API returns."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field

from assistant.answer import Model
from indexes.passage import Hit, Part, Passage, Role
from ingestion.document import Document
from ingestion.sources.recommendations import SEVERAL, grade_of

MAX_K = 100
"""Hits of one search, and of one kind in it."""


class RecommendationView(Model):
    """A recommendation's grade as printed, and what its source says of it, in the words of the grading scheme and of the document.

    `null`: it does not say.
    """

    grade: str | None = Field(description="As printed.")
    strength: str | None = Field(description="How strong it is, in the words of its grading scheme.")
    certainty: str | None = Field(description="How certain its evidence is, in the words of its grading scheme.")
    population: str | None = Field(description="Whom it is for, in the document's own words.")

    @classmethod
    def of(cls, part: Part) -> RecommendationView:
        """The view of a recommendation that is a passage or a part of one."""
        return cls(grade=part.grade, strength=part.strength, certainty=part.certainty, population=part.population)

    @classmethod
    def cited(cls, passage: Passage, start: int, words: str) -> RecommendationView:
        """The view of what these words of the passage recommend."""
        part = passage.part_at(start)
        grade = grade_cited(passage, start, words)
        if grade == part.grade:
            return cls.of(part)
        return cls(grade=grade, strength=None, certainty=None, population=part.population)

    @property
    def words(self) -> list[str]:
        """What is said, a phrase each: "Grade: B", "strength: recommended, …", "certainty: …", "for: …"."""
        said = (
            ("Grade", self.grade),
            ("strength", self.strength),
            ("certainty", self.certainty),
            ("for", self.population),
        )
        told = [f"{name}: {words}" for name, words in said if words]
        return [words.removeprefix("Grade: ") if words.startswith("Grade: Grade") else words for words in told]


def lowest_first(passage: Passage, part: Part) -> tuple[str, ...]:
    """The headings that a part stands under, from the lowest up, without the title."""
    return (part.heading, *(heading for heading in reversed(passage.section) if heading != part.heading))


def grade_cited(passage: Passage, start: int, words: str) -> str | None:
    """The grade of what these words, which stand at `start`, recommend: their part's; where that has several, the one in the words, or `None`."""
    part = passage.part_at(start)
    if not part.grade or SEVERAL not in part.grade:
        return part.grade
    if part.grade.casefold() in " ".join(passage.text[part.start : part.end].split()).casefold():
        return part.grade  # one, printed with a semicolon in it
    printed = grade_of(words)
    return None if printed and SEVERAL in printed else printed


class PassageView(Model):
    """A passage. `text` is verbatim; a citation's `start` and `end` count characters in it."""

    passage_id: str
    document_id: str
    kind: str
    title: str
    section: list[str]
    text: str
    document_start: int = Field(description="Where the passage begins in the document's text.")
    document_end: int
    year: int | None
    evidence_level: str
    status: str
    page: int | None
    url: str
    recommendation: RecommendationView | None = Field(
        default=None,
        description="What is said of it where the passage is a recommendation, which is always one by itself.",
    )

    @classmethod
    def of(cls, passage: Passage) -> PassageView:
        """The view of a passage."""
        first = passage.part_at(0)
        return cls(
            passage_id=passage.passage_id,
            document_id=passage.document_id,
            kind=passage.kind.value,
            title=passage.title,
            section=list(passage.section),
            text=passage.text,
            document_start=passage.start,
            document_end=passage.end,
            year=passage.year,
            evidence_level=passage.evidence_level,
            status=passage.status.value,
            page=passage.page,
            url=passage.url,
            recommendation=RecommendationView.of(first) if first.role is Role.RECOMMENDATION else None,
        )


class ScoresView(Model):
    """Scores of a hit: cosine similarity and raw BM25 (`null` where that part did not find it), their blend in [0, 1], a reranker's logit, the weight
    as evidence in [0, 1], the total that hits are ordered by, and whether a trial is open to the patient described (`null`: not asked)."""

    dense: float | None
    lexical: float | None
    fused: float
    reranker: float | None
    prior: float | None
    total: float
    open_to_patient: bool | None


class HitView(Model):
    """A passage found, with its scores."""

    passage: PassageView
    scores: ScoresView

    @classmethod
    def of(cls, hit: Hit) -> HitView:
        """The view of a hit."""
        scores = ScoresView(**asdict(hit.scores))
        return cls(passage=PassageView.of(hit.passage), scores=scores)


class SearchOut(Model):
    """Passages found, best first."""

    hits: list[HitView]


class SectionView(Model):
    """A stretch of a document's text under one heading path. Strength, certainty and population are a recommendation's, where its source says so."""

    start: int
    end: int
    role: str
    path: list[str]
    grade: str | None
    page: int | None
    strength: str | None = None
    certainty: str | None = None
    population: str | None = None


class DocumentView(Model):
    """A document as parsed; `passages` are the identifiers under which its text is indexed."""

    document_id: str
    kind: str
    title: str
    publisher: str
    authors: list[str]
    year: int | None
    date: str | None
    url: str
    licence: str
    language: str
    status: str
    superseded_by: str | None
    revision: str = ""
    evidence_level: str
    publication_types: list[str]
    mesh: list[str]
    identifiers: dict[str, str]
    attributes: dict[str, Any]
    text: str
    sections: list[SectionView]
    passages: list[str]

    @classmethod
    def of(cls, document: Document, passages: list[str]) -> DocumentView:
        """The view of a document."""
        return cls.model_validate({**document.to_json(), "passages": passages})
