"""Abbreviations and what they stand for, read off the text that introduces them: "acute kidney injury (AKI)".

Schwartz & Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text", Pacific Symposium on Biocomputing 2003,
451-462, with plurals (RCTs), the other order (AKI (acute kidney injury)), square brackets and stricter candidates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingestion.document import Document

# What brackets hold; what is nested in them is not looked at.
_BRACKETED = re.compile(r"(?<=\s)(?:\(([^()\[\]]{2,150})\)|\[([^()\[\]]{2,150})\])")
# One or two words of 2 to 10 characters in all, with a capital and another letter or digit: no "P", "95%", "Japan", "group II".
_LONGEST_SHORT = 10
_SHORT = re.compile(
    r"(?=.{2,10}$)(?=.*[A-Z])(?=.*[A-Za-z].*[A-Za-z0-9]|.*[0-9].*[A-Za-z])(?![A-Za-z][a-z]{3,}(?: |$))[A-Za-z0-9][\w/.'’-]*(?: [\w/.'’-]+)?"
)
_ROMAN = re.compile(r"[IVX]+[a-z]?")
_PLURAL = re.compile(r"(.*[A-Z0-9])['’]?s")
_ASIDE = re.compile(r"[;,=:]| or ")  # "(AKI; n = 12)", "(AKI, stage 2)"
_BREAK = re.compile(r"[.;:!?]\s|\n\s*\n|[()\[\]]")  # a long form reaches over none of these
_WORD = re.compile(r"\S+")
_PART = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_MOST_CONTEXT = 400  # characters before a bracket
_SPACES = re.compile(r"[\s-]+")
# No definition begins or ends with one of these.
_FUNCTION = frozenset(
    (
        "a",
        "an",
        "and",
        "are",
        "as",
        "by",
        "for",
        "from",
        "is",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "we",
        "were",
        "with",
    )
)


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form and what its text says it stands for; offsets count characters, `text[long_start:long_end]` is the long form as printed.

    `short` is singular: "RCT" where the text prints "RCTs".
    """

    short: str
    long: str
    short_start: int
    short_end: int
    long_start: int
    long_end: int

    @property
    def key(self) -> tuple[str, str]:
        """What is counted over documents: the short form, and the long form in small letters with spaces for hyphens."""
        return self.short, _SPACES.sub(" ", self.long.lower())


def mine(document: Document) -> list[Abbreviation]:
    """The abbreviations that the document's text introduces, in reading order, each pair once."""
    found: dict[tuple[str, str], Abbreviation] = {}
    for abbreviation in abbreviations(document.text):
        found.setdefault(abbreviation.key, abbreviation)
    return list(found.values())


def dominant(counts: Iterable[tuple[str, int]], *, least: int = 2, share: float = 0.25) -> list[str]:
    """Of one short form's long forms and the documents that introduce each: those to rely on, the most frequent first.

    Singular and plural count together, under the more frequent. A long form counts from `least` documents on, where at least `share` of all
    documents that introduce the short form mean it: "CI" is confidence interval everywhere, "AS" aortic stenosis and ankylosing spondylitis.
    """
    total: Counter[str] = Counter()
    names: dict[str, tuple[int, str]] = {}
    for long, documents in counts:
        stem = long.removesuffix("s")
        total[stem] += documents
        names[stem] = max(names.get(stem, (0, "")), (documents, long))
    everything = total.total()
    return [names[stem][1] for stem, n in total.most_common() if n >= least and n >= share * everything]


def abbreviations(text: str) -> Iterator[Abbreviation]:
    """Every definition in the text, in order of its bracket."""
    for match in _BRACKETED.finditer(text):
        group = 1 if match[1] is not None else 2
        start = match.start(group)
        inside = start, start + len(_ASIDE.split(match[group], maxsplit=1)[0].rstrip())
        if _is_short(text[slice(*inside)]):
            found = _define(text, inside, _words_before(text, match.start()))
        else:  # "AKI (acute kidney injury)"
            before = text[max(0, match.start() - _LONGEST_SHORT - 1) : match.start()].rstrip()
            last = before.split()[-1] if before else ""
            place = max(0, match.start() - _LONGEST_SHORT - 1) + len(before) - len(last)
            found = _define(text, (place, place + len(last)), inside, whole=True) if _is_short(last) else None
        if found:
            yield found


def _is_short(words: str) -> bool:
    return bool(_SHORT.fullmatch(words)) and not _ROMAN.fullmatch(words)


def _words_before(text: str, end: int) -> tuple[int, int]:
    """What stands before a bracket, as far back as a definition may reach."""
    start = max(0, end - _MOST_CONTEXT)
    stretch = text[start:end].rstrip(" \n,'’\"”")
    breaks = [match.end() for match in _BREAK.finditer(stretch)]
    return start + (breaks[-1] if breaks else 0), start + len(stretch)


def _define(text: str, short: tuple[int, int], within: tuple[int, int], *, whole: bool = False) -> Abbreviation | None:
    """The definition of a short form by the words `within`: their last ones, or all of them."""
    printed = text[slice(*short)]
    plural = _PLURAL.fullmatch(printed)
    letters = plural[1] if plural else printed
    characters = [character.lower() for character in letters if character.isalnum()]
    words = [word.start() for word in _WORD.finditer(text, *within)]
    allowed = min(len(characters) + 5, len(characters) * 2)
    if not words or (whole and len(words) > allowed):
        return None
    first = words[-allowed:][0]
    start = _by_initials(characters, text, first, within[1])
    if start is None:
        start = _by_letters(characters, text, first, within[1])
    if start is not None:
        start = _whole_word(text, first, start)
    if start is None or (whole and start != within[0]):
        return None
    long = text[start : within[1]]
    return Abbreviation(letters, long, *short, start, within[1]) if _plausible(letters, printed, long) else None


def _by_initials(characters: list[str], text: str, first: int, end: int) -> int | None:
    """Where the last words start that have these initials: "proton pump inhibitor", where "pump inhibitor" has the letters too."""
    words = list(_PART.finditer(text, first, end))[-len(characters) :]
    initials = [word[0][0].lower() for word in words]
    return words[0].start() if initials == characters else None


def _by_letters(characters: list[str], text: str, first: int, end: int) -> int | None:
    """Where the shortest long form starts: each character, from the last, is found leftwards; the first begins a word."""
    place = end
    for number in range(len(characters) - 1, -1, -1):
        place -= 1
        while place >= first and (
            text[place].lower() != characters[number] or (number == 0 and place > first and text[place - 1].isalnum())
        ):
            place -= 1
        if place < first:
            return None
    return place


def _whole_word(text: str, first: int, place: int) -> int:
    """The start of the hyphenated word around `place`: "tissue-type", where the letters ask for "type"."""
    while place - 2 >= first and text[place - 1] in "-–" and text[place - 2].isalnum():
        place -= 1
        while place > first and text[place - 1].isalnum():
            place -= 1
    return place


def _plausible(short: str, printed: str, long: str) -> bool:
    """Whether the words may be a long form: longer than the short one, without it, and no torn-off end of a phrase."""
    words = long.split()
    return (
        len(long) > len(short)
        and printed not in long
        and short not in long
        and words[0].lower() not in _FUNCTION
        and words[-1].lower() not in _FUNCTION
    )
