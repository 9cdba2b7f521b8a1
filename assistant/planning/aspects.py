"""What of a matter a question asks for: its treatment, its complications, its prevention; and under which headings guidelines list that."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_TO_PREVENT = re.compile(
    r"\b(?:treatments?|therap(?:y|ies)|drugs?|medicines?|medications?|regimens?) (?:for|to|of) (?:[\w-]+ ){0,3}prevent",
    re.IGNORECASE,
)
_SHORT = 4  # words of a heading


def aspects_asked(question: str) -> frozenset[str]:
    """The aspects that the words of a question ask for; a narrow one hides the wide one that its words hold too: who asks for a differential
    diagnosis does not ask for the diagnosis, and who asks for the goals of treatment not for the treatment."""
    found: set[str] = set()
    asked = question
    for name, pattern in _patterns("asked").items():
        if pattern.search(question):
            found.add(name)
            question = pattern.sub(" ", question)
    return frozenset(found - {"treatment"} if _TO_PREVENT.search(asked) else found)


def aspect_headed(headings: Iterable[str]) -> str | None:
    """The aspect that stands under headings, given from the lowest up; `None` where none of them names one.

    A heading higher up counts only where it is short and right above: what stands under "Costs" in a chapter "Management of women with anaemia" is no
    treatment.
    """
    for heading in [heading for place, heading in enumerate(headings) if not place or _is_plain(place, heading)]:
        for name, pattern in _patterns("headed").items():
            if pattern.search(heading):
                return name
    return None


def _is_plain(place: int, heading: str) -> bool:
    return place == 1 and len(heading.split()) <= _SHORT


def says(aspect: str, sentence: str) -> bool:
    """Whether a sentence tells of the aspect, whatever it stands under; of some aspects any may."""
    pattern = _patterns("said").get(aspect)
    return pattern is None or pattern.search(sentence) is not None


@cache
def _patterns(field: str) -> Mapping[str, re.Pattern[str]]:
    read = tomllib.loads(files(__package__).joinpath("aspects.toml").read_text(encoding="utf-8"))
    return {
        name: re.compile(rf"\b(?:{aspect[field]})\b", re.IGNORECASE) for name, aspect in read.items() if field in aspect
    }
