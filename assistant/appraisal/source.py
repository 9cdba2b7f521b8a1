"""One document appraised: its design, size, age and standing, and the certainty that it gives by itself.

The method is GRADE's as far as rules can follow it: a start by design, then a step down for each thing that speaks against it. `certainty.toml`
has every number. What needs a person (how a trial was run, whether an effect matters) is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from assistant.answer import Appraisal, CertaintyLevel
from assistant.appraisal.design import design_of
from assistant.appraisal.preliminary import why_preliminary
from assistant.appraisal.rules import rules
from assistant.appraisal.size import participants
from assistant.evidence import RecommendationView
from assistant.studies.reader import sentences_of
from assistant.verification.setting import in_people, not_in_people
from indexes.passage import Kind, Part, Passage, Role, Status
from ingestion.document import Document

SCALE: tuple[CertaintyLevel, ...] = ("very low", "low", "moderate", "high")
"""GRADE's four levels, the lowest first."""
REVIEWS = frozenset({"meta-analysis", "systematic review"})
STUDIES = frozenset(
    {"randomised trial", "clinical trial", "observational study", "comparative study", "case-control study", "unknown"}
)
"""Designs that count people, in the words of `ingestion.design`."""
READ = 8
"""Passages of a document in which its size is looked for: the abstract, and of a full text the methods that follow."""
_GRADE_WORDS = re.compile(r"(?:very low|low|moderate|high)(?: (?:to|or) (?:very low|low|moderate|high))?")
_OF_OTHERS = frozenset({Role.BACKGROUND, Role.ELIGIBILITY})
"""What others found before, and whom a trial lets in."""
_OF_STATUS = {
    Status.CONCERN: "Its journal has published an expression of concern.",
    Status.SUPERSEDED: "Superseded.",
    Status.DRAFT: "A draft, not the issuer's final word.",
    Status.RETRACTED: "Retracted, and so no evidence.",
}


def appraise(
    document: Document,
    passages: Sequence[Passage],
    parts: Sequence[Part] | None = None,
    *,
    successor: str | None = None,
    off_the_point: str = "",
) -> Appraisal:
    """The appraisal of a document by its own passages, as many as there are.

    `parts` are those that are cited, of a guideline its recommendations; all of them where not given. `successor`: what it is superseded by, in
    words. `off_the_point`: why what is cited is on other people than were asked about, as a sentence.
    """
    recommendations = [
        part
        for part in (parts if parts is not None else [part for one in passages for part in one.parts])
        if part.role is Role.RECOMMENDATION
    ]
    told = passages[:READ]
    designed = design_of(document, told)
    design = designed.design
    counts = design in STUDIES or design in REVIEWS or document.kind is Kind.TRIAL
    why = why_preliminary(document)
    starts, reasons = _start(document, design, passages, recommendations)
    against = [why] if why and starts != "very low" else []
    against += [_OF_STATUS[document.status]] if document.status in _OF_STATUS else []
    against += [_aged(document, design), off_the_point, _in_animals(document, design, told)]
    against = list(filter(None, against))
    return Appraisal(
        document_id=document.document_id,
        design=design,
        design_quote=designed.quote,
        evidence_level=designed.level,
        participants=participants(document, told) if counts else None,
        year=document.year,
        status=document.status.value,
        superseded_by=successor or document.superseded_by,
        preliminary=why or None,
        abstract_only=document.kind is Kind.LITERATURE and document.document_id.startswith("pubmed:"),
        grades=list(
            dict.fromkeys(", ".join(RecommendationView.of(part).words[:3]) for part in recommendations if part.grade)
        ),
        starts=starts,
        certainty=lowered(starts, len(SCALE) if document.status is Status.RETRACTED else len(against)),
        reasons=[*reasons, *against],
    )


def lowered(level: CertaintyLevel, steps: int) -> CertaintyLevel:
    """So many steps down, at most to the lowest."""
    return SCALE[max(0, SCALE.index(level) - steps)]


def _start(
    document: Document, design: str, passages: Sequence[Passage], recommendations: Sequence[Part]
) -> tuple[CertaintyLevel, list[str]]:
    """Where evidence of its design starts, and what of that is not the design's alone."""
    level = cast(CertaintyLevel, rules()["start"][design])
    match design:
        case "guideline":
            return _printed(recommendations) or (
                level,
                ["What is cited of the guideline prints no certainty in GRADE's words, so it is taken as moderate."],
            )
        case "unknown":
            return level, ["Its design is not stated, and is taken for observational."]
        case "meta-analysis" | "systematic review":
            said = "\n".join((document.title, *(one.text for one in passages[:1])))
            if re.search(rules()["review"]["randomised"], said, re.IGNORECASE):
                return level, []
            if re.search(rules()["review"]["observational"], said, re.IGNORECASE):
                return "low", ["A review of observational studies."]
            return lowered(level, 1), ["A review that does not say here whether it pools randomised trials."]
    return level, [] if level == "high" else [f"By design ({design}) it starts at {level}."]


def _printed(recommendations: Sequence[Part]) -> tuple[CertaintyLevel, list[str]] | None:
    """The lowest certainty that the recommendations print in GRADE's words. Words of other schemes are shown and not translated."""
    said = [part.certainty for part in recommendations if part.certainty and _GRADE_WORDS.fullmatch(part.certainty)]
    if not said:
        return None
    levels = [SCALE.index(cast(CertaintyLevel, word)) for words in said for word in re.split(r" (?:to|or) ", words)]
    level = SCALE[min(levels)]
    words = " and ".join(f"“{one}”" for one in dict.fromkeys(said))
    lowest = ", of which the lowest counts" if len(set(levels)) > 1 else ""
    return level, [f"The guideline's own grading calls its certainty {words}{lowest}."]


def _aged(document: Document, design: str) -> str:
    """A guideline and a review gather what was known; what a study found does not go out of date, and its year is shown."""
    if design not in REVIEWS | {"guideline"}:
        return ""
    most = rules()["age"]["review" if design in REVIEWS else "guideline"]
    years = datetime.now(UTC).year - document.year if document.year else 0
    return f"Published {most} or more years ago." if years >= most else ""


def _in_animals(document: Document, design: str, passages: Sequence[Passage]) -> str:
    """Whether it was done in animals or cells and not in people, as the indexers say, else title or text, where its design does not say so already.

    New records have no index terms for months. A text says so where more of its sentences speak of animals or cells alone than of people.
    """
    if design == "animal study" or document.kind is not Kind.LITERATURE:
        return ""
    headings = {heading.partition("/")[0].casefold() for heading in document.mesh}
    if headings & {"animals", "humans"}:
        return "Done in animals." if "humans" not in headings else ""
    if word := not_in_people(document.title):
        return f"Done in animals or cells, not in people: its title says “{word}”."
    if in_people(document.title):
        return ""
    told = [one.text for one in sentences_of(passages) if one.role not in _OF_OTHERS]
    words = [word for text in told if (word := not_in_people(text))]
    if words and len(words) > sum(map(in_people, told)):
        return f"Done in animals or cells, not in people: its text says “{words[0]}”."
    return ""
