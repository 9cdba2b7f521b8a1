"""Free-text eligibility criteria of a trial, split into single criteria without touching a word.

Registries keep criteria as one text of lists, in several layouts: Markdown bullets (ClinicalTrials.gov API v2), indented and hard-wrapped
bullets (its older exports), numbered lists, or a line or paragraph each. A criterion here is a stretch of that text without its bullet; what is
nested under a bullet stays with it, because "any of the following:" means nothing without the list, nor the list without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexes.passage import Passage, Role

INCLUSION = "Inclusion"
EXCLUSION = "Exclusion"


def side_in(path: Sequence[str]) -> str:
    """Which list a section path is of, `INCLUSION` or `EXCLUSION`; empty where it does not say."""
    return next((step for step in path if step in {INCLUSION, EXCLUSION}), "")


def is_criterion(passage: Passage) -> bool:
    """Whether a passage is a criterion of eligibility, which stands alone."""
    return bool(passage.parts) and passage.parts[0].role is Role.ELIGIBILITY


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: `text[start:end]` verbatim. `side` is `INCLUSION`, `EXCLUSION` or empty where the text does not say; `group` is the
    heading of the list that it stands in ("For adolescent participants"), or empty."""

    start: int
    end: int
    side: str
    group: str


# A line, ended also before a heading run into it: to read an exclusion as an inclusion is the one mistake that must not happen.
_LINE = re.compile(r"[^\n]+?(?:(?<=[.;)-])|(?<=\s)[a-z][a-z-]*)(?=\s+(?:Inclusion|Exclusion) [Cc]riteria\s*:)|[^\n]+")
# "-", "*", "1.", "2)", "(a)", also escaped as Markdown asks; a dash may touch its word, a decimal or a species ("E. coli") is no marker.
_BULLET = re.compile(
    r"\\?(?:[-–•·▪◦](?=\s|[A-Za-z]|$)|[*+](?=\s|$)|\(?[0-9]{1,2}\\?[.)](?=\s|[A-Za-z]|$)|\(?[A-Za-z]\\?\)(?=\s|$))\s*"
)
# A heading names a side, and what follows its colon on the line is a criterion already. Without a colon only a line that begins with the
# side is one ("EXCLUSION CRITERIA", "4.2 Exclusion criteria for part B"): criteria speak of "exclusion criteria" too.
_CRITERIA = (
    r"(?:\s+and\s+exclusion)?\s+criteri(?:a|on)\b(?!\s*[)#])"  # "(see exclusion criteria)", "exclusion criteria #3"
)
_HEADING = re.compile(
    rf"(?:[^:：\n]{{0,60}}?\b)?(?P<side>(?:non[- ]?)?inclusion|exclusion){_CRITERIA}[^:：\n]{{0,120}}[:：]\s*"
    rf"|(?:\S+\s+)?(?P<bare>(?:non[- ]?)?inclusion|exclusion|ineligibility)(?:{_CRITERIA}[^:：.\n]{{0,100}}|\s*[:：]\s*|\s*$)"
    r"|(?:eligibility(?:\s+criteria)?|criteria)\s*[:：]?\s*$",
    re.IGNORECASE,
)
_EMPHASIS = "*_#> "
_WRAPPED_INDENT = 8  # older exports indent every line this far and wrap at 80 columns
_LONGEST_GROUP = 120


def split_criteria(text: str) -> Iterator[Criterion]:
    """The criteria in reading order; headings and empty bullets are no criteria."""
    side = group = ""
    start, end, indent = -1, -1, -1  # the open criterion; `indent` is its bullet's column, -1 where it has none
    blank = False
    lines = list(_LINE.finditer(text))

    for number, line in enumerate(lines):
        words = line[0].strip()
        if not words:
            blank = True
            continue
        blank, parted = False, blank or text[line.start() - 2 : line.start()] == "\n\n"
        column = len(line[0]) - len(line[0].lstrip())
        first = line.start() + column
        bullet = _BULLET.match(text, first, line.end())
        begin = bullet.end() if bullet else first
        content = text[begin : line.end()].strip(_EMPHASIS)
        if start >= 0 and not bullet and not parted and _ends_a_sentence(content):
            end = line.start() + len(line[0].rstrip())
            continue
        if heading := _HEADING.match(content):
            if start >= 0:
                yield Criterion(start, end, side, group)
            side, group, start = _side(heading), "", -1
            if rest := _unbulleted(content[heading.end() :]).strip(_EMPHASIS):
                start = text.rindex(rest, begin, line.end())
                end, indent = start + len(rest), -1
            continue
        if start >= 0 and _continues(indent, column, bullet is not None, parted):
            end = line.start() + len(line[0].rstrip())
            continue
        if start >= 0:
            yield Criterion(start, end, side, group)
            start = -1
        if not bullet and _opens_list(words, lines, number):
            group = words.strip(_EMPHASIS).rstrip(":").strip(_EMPHASIS)
        elif begin < line.end() and text[begin : line.end()].strip():
            start, end, indent = begin, line.start() + len(line[0].rstrip()), column if bullet else -1
    if start >= 0:
        yield Criterion(start, end, side, group)


def _unbulleted(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text


def _ends_a_sentence(content: str) -> bool:
    """Whether a line that looks like a heading goes on with the one above: "other than those stated in the", "inclusion criteria within 90 days"."""
    heading = _HEADING.match(content)
    return (
        heading is not None
        and content[0].islower()
        and not heading["side"]
        and (not heading["bare"] or ":" not in heading[0])
    )


def _side(heading: re.Match[str]) -> str:
    word = (heading["side"] or heading["bare"] or "").lower()
    if "and exclusion" in heading[0].lower() or not word:
        return ""
    return INCLUSION if word == "inclusion" else EXCLUSION


def _continues(indent: int, column: int, bulleted: bool, parted: bool) -> bool:
    """Whether a line belongs to the open criterion: nested under its bullet, or its text wrapped."""
    if indent >= 0:
        return column > indent
    return not bulleted and not parted and column >= _WRAPPED_INDENT


def _opens_list(words: str, lines: list[re.Match[str]], number: int) -> bool:
    """Whether a line without a bullet is the heading of a list: it ends in a colon, and bullets follow or it is in capitals."""
    if not words.rstrip(_EMPHASIS).endswith(":") or len(words) > _LONGEST_GROUP:
        return False
    following = next((line[0] for line in lines[number + 1 :] if line[0].strip()), "")
    return words.isupper() or _BULLET.match(following.lstrip()) is not None
