"""Whom a recommendation is for, in its source's own words: what leads it, what it is about, or a heading that names people.

A word is never added or changed; where the source does not say, nothing is said. So "In adults with gout, we recommend …" is for "adults with
gout", "Sex workers should be screened" for "Sex workers", and what stands under "Pregnant women" is for pregnant women. A condition alone
("For osteoarthritis, …") names nobody, and neither do "patients".
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from ingestion.sentences import find_sentences

_READ = 2_000  # characters of a recommendation: whom it is for stands at its beginning
_LONGEST_HEADING = 100  # characters; a longer one is a sentence
_LONGEST = 300  # characters; what is longer is a paragraph, and cut it would name others
_LABEL = re.compile(
    r"^(?:[•●–*|-] ?)*(?:recommendations?(?: no\.?)?(?: ?\d{1,2}(?:\.\d+)*[a-z]?)?(?: \([^()]{1,40}\))? ?[:.|]? ?)?"
    r"(?:\(?\d{1,2}(?:\.\d+)*[a-z]?[.):]? )?(?:\[[^\[\]]{1,20}\] )?",
    re.IGNORECASE,
)
# The label of a box of treatments says whom they are for in its first line.
_BOX = re.compile(r"^(?:recommended|alternative|preferred) (?:\w+ ){0,2}regimens?\b[^\n]{0,200}(?=\n)", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.? ")
_NOTE = re.compile(
    r" ?\((?:new|updated|conditional|strong|recommendation|class|grade|cont)\b[^()]{0,60}\)?$", re.IGNORECASE
)
_ONLY_A_LABEL = re.compile(
    r"^\W*(?:(?:new|updated) )?recommendations?\b(?: ?\d+[a-z]?)?[\W\d]*(?:\W?(?:new|updated)\b[^a-z]*)?$",
    re.IGNORECASE,
)
_GOVERNING = (
    r"(?:(?:treatment|management|care|screening|testing|immuni[sz]ation|vaccination|evaluation|assessment|follow-up|diagnosis|monitoring|"
    r"prevention|investigation|support) of)"
)
_PRINTED_GRADE = r"\((?:strong|conditional|weak|good|best|grade|class|recommendation|not graded|[12][A-D]|LOE|COR)\b"  # begins with it


class _Patterns(NamedTuple):
    issued: re.Pattern[str]
    lead: re.Pattern[str]
    subject: re.Pattern[str]
    suggested: re.Pattern[str]
    screened: re.Pattern[str]
    tail: re.Pattern[str]
    heading: re.Pattern[str]
    advice: re.Pattern[str]
    clause: re.Pattern[str]
    goes_on: re.Pattern[str]
    turns: re.Pattern[str]
    everyone: re.Pattern[str]


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    text = files(__package__).joinpath("population_words.toml").read_text(encoding="utf-8")
    words = {name: "|".join(each) for name, each in tomllib.loads(text).items()}
    begins = rf"(?:{words['clauses']}|{words['actors']}|{words['imperatives']})"
    described = rf"(?:(?!(?:{words['no_description']}|{words['actors']}|{words['imperatives']})\b)[A-Za-z][\w/'’≥≤<>-]* ){{0,5}}?"
    within = r"(?:[^.;:\[\]]|\.(?=\d))"  # a sentence, decimals and all
    people = rf"(?:(?:all|any|every) )?{described}(?:{words['people']})\b(?![-'’/])"
    return _Patterns(
        *(
            re.compile(pattern, re.IGNORECASE)
            for pattern in (
                rf"^(?:{words['bodies']}) (?:strongly |conditionally )?(?:recommends?|suggests?|advises?)(?: that)?,? ",
                rf"^(?:in|for|among) ({people})",
                rf"^({people}{within}*?) (?:should|must|may|can|could)\b",
                rf"^({people}[^.;:,]*?) (?<!who )(?<!that )(?<!which )(?<!and )(?:be|are|is|continue|receive|undergo|have access)\b",
                rf"^(?:do not |don't )?(?:routinely )?screen ({people}{within}*?)(?<! risk) for\b(?!.*\b(?:and also|as well as)\b)",
                rf"\b(?:in|for|among|to|{_GOVERNING}) ({people}(?:(?!\b(?:should|must)\b){within})*?)"
                rf"(?= ?(?:\.(?!\d)|[;\[]|$|{_PRINTED_GRADE}|(?:only|in addition to|because|since|so that)\b)"
                rf"|,? (?:because|since|so that)\b|, to\b|, (?:and|or|but|then) (?:{words['imperatives']})\b)",
                rf"(?:^|\b(?:in|for|among|{_GOVERNING}) )({people}.*)$",
                rf"^(?:(?:{words['actors']}) (?:should|must|may|can|could)|{words['imperatives']})\b",
                rf"^(?:{begins}\b|[^,.;]*? (?:is|are|do|does|should|may|might|can|could|must|has|have|need|needs|recommends?|suggests?)\b)",
                rf"^(?:{words['goes_on']})\b",
                rf"\b(?:{words['turns']})\b",
                rf"^(?:(?:all|any|the|these|other|such|their|eligible|your) )*(?:{words['general']})$",
            )
        )
    )


def population_of(text: str, path: tuple[str, ...] = (), *, guessed: bool = False) -> str | None:
    """The words of a recommendation, or else of a heading above it, that say whom it is for; white space apart verbatim. `None` where none do.

    `guessed`: headings were guessed from a layout, so that only the nearest counts, and only where it is numbered.
    """
    if box := _BOX.match(text):
        return _of_heading(box[0]) or _of_path(path, guessed)
    flat = " ".join(text[:_READ].split())
    return _of_words(_LABEL.sub("", flat)) or _of_path(path, guessed)


def _of_words(flat: str) -> str | None:
    ends = find_sentences(flat)
    sentence = flat[: ends[0][1]] if ends else flat
    patterns = _patterns()
    issued = patterns.issued.match(sentence)
    rest = sentence[issued.end() :] if issued else sentence
    if lead := patterns.lead.match(rest):
        return _told(rest[lead.start(1) : end]) if (end := _clause_after(rest, lead.end())) else None
    subject = patterns.subject.match(rest) or (patterns.suggested.match(rest) if issued else None)
    if subject and (issued or rest[0].isupper()) and (said := _told(subject[1])):
        return said
    if screened := patterns.screened.match(rest):
        return _told(screened[1])
    if (issued or patterns.advice.match(sentence)) and (tail := patterns.tail.search(rest)):
        return None if patterns.turns.search(rest, 0, tail.end()) else _told(tail[1])
    return None


def _clause_after(sentence: str, start: int) -> int | None:
    """Where the comma stands after which the main clause begins."""
    patterns = _patterns()
    for comma in re.finditer(r", ", sentence[: _LONGEST + start]):
        at, rest = comma.start(), sentence[comma.end() :]
        outside = at >= start and sentence.count("(", 0, at) == sentence.count(")", 0, at)
        if outside and not patterns.goes_on.match(rest) and patterns.clause.match(rest):
            return at
    return None


def _of_path(path: tuple[str, ...], guessed: bool) -> str | None:
    own = [heading for heading in path if "|" not in heading and not _ONLY_A_LABEL.match(heading)]
    if guessed:
        own = [heading for heading in own[-1:] if _NUMBERED.match(heading)]
    return next(filter(None, map(_of_heading, reversed(own))), None)


def _of_heading(heading: str) -> str | None:
    flat = _NOTE.sub("", _NUMBERED.sub("", " ".join(heading.split()))).rstrip(" :.")
    found = _patterns().heading.search(flat) if len(flat) <= _LONGEST_HEADING else None
    return _told(found[1]) if found else None


def _told(words: str) -> str | None:
    words = words.strip(" ,*†‡§")
    said = len(words) <= _LONGEST and ":" not in words and not _patterns().everyone.match(words)
    return words if said else None
