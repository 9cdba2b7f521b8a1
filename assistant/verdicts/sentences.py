"""What a sentence shows by itself: a difference found or not found, how surely it is said, which way things went. Words are in `cues.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from assistant.composing.candidates import role_of
from assistant.drafts import Checked
from assistant.verification.events import events
from assistant.verification.setting import not_in_people
from indexes.passage import Role

_P = re.compile(r"\bp(?:[- ]?values?)?\s*(?:was|of|is)?\s*([<>=≤≥])\s*(0?\.\d+|1(?:\.0+)?)", re.IGNORECASE)
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Said:
    """A cited sentence, and what it does in its document."""

    text: str
    role: Role

    @property
    def concludes(self) -> bool:
        """Whether it says what its study comes to."""
        return self.role is Role.CONCLUSION or cue("sentence", "conclude").search(self.text) is not None


def said_by(checked: Checked) -> Said:
    """What a claim's first quote says; a claim's own words may be a model's."""
    citation = checked.claim.citations[0]
    return Said(citation.quote, role_of(citation.quote, checked.passages[0].part_at(citation.start).role))


def seen_in_people(checked: Checked) -> bool:
    """Whether what a claim's first quote says may have been seen in people: neither it nor its document says that it was in animals or cells."""
    passage = checked.passages[0]
    indexed = "animals" in passage.facets.mesh and "humans" not in passage.facets.mesh
    return not (indexed or not_in_people(checked.claim.citations[0].quote, passage.title))


def leaves_open(text: str) -> bool:
    """Whether it says that nobody can advise: the evidence is insufficient."""
    return cue("advice", "open").search(text) is not None


def cue(section: str, name: str) -> re.Pattern[str]:
    """A pattern of `cues.toml`."""
    return _cues(section)[name]


@cache
def _cues(section: str) -> Mapping[str, re.Pattern[str]]:
    read = tomllib.loads(files("assistant.verdicts").joinpath("cues.toml").read_text(encoding="utf-8"))
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in read[section].items()}


@lru_cache(maxsize=4096)
def shown(text: str) -> Mapping[str, float]:
    """1 or 0 for each cue of a sentence, for a p-value to either side of 0.05, and for a finding said to be significant."""
    found = {name: float(pattern.search(text) is not None) for name, pattern in _cues("sentence").items()}
    figures = [(match[1], float(match[2])) for match in _P.finditer(text)]
    small = any(sign in "<=≤" and p <= SIGNIFICANT for sign, p in figures)
    large = any((sign in ">≥" and p >= SIGNIFICANT) or (sign == "=" and p > SIGNIFICANT) for sign, p in figures)
    significant = small or (found["significant"] and not found["none"])
    return {**found, "p_small": float(small), "p_large": float(large and not small), "found": float(bool(significant))}


def asked(question: str) -> Mapping[str, float]:
    """1 or 0 for each cue of a question. Never cached: it is what somebody has typed."""
    return {name: float(pattern.search(question) is not None) for name, pattern in _cues("question").items()}


def ways(text: str) -> frozenset[tuple[str, int]]:
    """Axis and pole of each direction of a text (`verification/directions.txt`); one that is denied counts as the other pole."""
    return frozenset((event.axis, event.pole * (-1 if event.negated else 1)) for event in events(text))
