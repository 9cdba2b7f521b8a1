"""One word changed for its opposite turns a sentence round: "avoid" and "use", oral and intravenous, hypo- and hyper-, primary and secondary.

Which words exclude each other is in `opposites.txt`. They are compared one to one: each of the claim's with the one of the quote that stands beside
the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.wordlists import Phrases, choices, phrases, sections
from assistant.verification.words import negated, words
from indexes.lexical import stem, stopwords

BESIDE = 0.9
"""Nearness of shared words from which two opposites are said of the same thing: one word right beside both, or several near."""
OWN = 0.25
"""How much nearer the opposite must be than the claim's own word where the quote has both: "oral and intravenous iron" is both in either order."""
SHARED = 0.5
"""Share of the claim's content words that the quote must have to be about the same."""
ACROSS = 0.75
REACH = 4  # content words on either side that say what a word is said of
_TOKEN = re.compile(r"(?:\b(?:non|pre|post|peri|intra|extra|hyper|hypo) )?[^\W_]+", re.IGNORECASE)  # "post-operative"
_DENIAL, _OPPOSITE, _DENYING = "denial", "opposite", "denying"
_BREAKS = re.compile(r"[.;:!?](?=\s|$)")
_PIECE = re.compile(r"[^\W_]+|,")
_JOINS = frozenset((",", "and", "or", "but", "nor", "well", "whereas", "while"))
_SAME, _JOIN = "=", ","
_SHORTEST = 4  # letters behind a prefix
Near = Mapping[tuple[str, bool], int]
"""(stem, whether before) -> distance in content words."""


@dataclass(frozen=True, slots=True)
class Sided:
    """A word with an opposite: the set that it is of (a line of `opposites.txt`, or a word that prefixes turn round), and its meaning in that set."""

    of: str
    meaning: str
    start: int
    end: int


def check_opposites(claim: str, evidence: Evidence) -> Finding:
    """0 where the claim has a word whose opposite the quote has beside the same words."""
    quote = evidence.quote
    ours, theirs = _comparable(claim, quote)
    if not ours or not _about_the_same(claim, evidence):
        return FINE
    denied, denied_there = _denied(claim), _denied(quote)
    for mine, other in _partners(claim, ours, quote, theirs):
        if mine.meaning != other.meaning and _reached(mine, denied) == _reached(other, denied_there):
            said, there = claim[mine.start : mine.end], quote[other.start : other.end]
            return Finding(
                0.0, f"the claim says “{said}” where the source says “{there}”", fault=True, contradicts=True
            )
    return FINE


def of_one_set(word: str, other: str) -> bool:
    """Whether two words are compared here, be it that they exclude each other or mean the same."""
    return bool({of for of, _ in _meanings(word)} & {of for of, _ in _meanings(other)})


def said_otherwise(claim: str, quote: str) -> bool:
    """Whether the claim denies the opposite of what the quote says, or the reverse: "do not use" and "avoid"."""
    ours, theirs = _comparable(claim, quote)
    denied, denied_there = _denied(claim), _denied(quote)
    return any(
        mine.of.startswith(_DENIAL)
        and mine.meaning != other.meaning
        and _reached(mine, denied) != _reached(other, denied_there)
        for mine, other in _partners(claim, ours, quote, theirs)
    )


def _comparable(claim: str, quote: str) -> tuple[list[Sided], list[Sided]]:
    """The words of both that are of one set, as far as one of the two has another meaning of it than the other."""
    listed, listed_there = sided(claim), sided(quote)
    ours = [*listed, *_bare(claim, listed_there)]
    theirs = [*listed_there, *_bare(quote, listed)]
    differ = {mine.of for mine in ours for other in theirs if mine.of == other.of and mine.meaning != other.meaning}
    return [each for each in ours if each.of in differ], [each for each in theirs if each.of in differ]


def _about_the_same(claim: str, evidence: Evidence) -> bool:
    said = {word.stem for word in words(claim) if word.content}
    there = {word.stem for word in words(f"{evidence.spelt_out(evidence.quote)} . {evidence.context}")}
    return len(said & there) >= SHARED * len(said)


def _partners(claim: str, ours: Sequence[Sided], quote: str, theirs: Sequence[Sided]) -> list[tuple[Sided, Sided]]:
    """Each of the claim's words with that of the quote which stands beside the same words, one to one, the nearest first."""
    around = [_near(claim, mine, ours) for mine in ours]
    around_there = [_near(quote, other, theirs) for other in theirs]
    pairs = sorted(
        (-_nearness(around[n], around_there[m]) - OWN * (mine.meaning == other.meaning), n, m)
        for n, mine in enumerate(ours)
        for m, other in enumerate(theirs)
        if mine.of == other.of
    )
    said_too = {  # "from unstable to stable" says of the same thing what the quote says, and more
        (ours[n].of, m): -score - OWN for score, n, m in reversed(pairs) if ours[n].meaning == theirs[m].meaning
    }
    used: set[tuple[str, int]] = set()
    found = []
    for score, n, m in pairs:
        if ours[n].meaning != theirs[m].meaning and said_too.get((ours[n].of, m), 0.0) >= -score:
            continue
        if -score >= BESIDE and not used & {("ours", n), ("theirs", m)}:
            used |= {("ours", n), ("theirs", m)}
            found.append((ours[n], theirs[m]))
    return found


def _nearness(near: Near, there: Near) -> float:
    """The more, the nearer the words stand to both; on the other side of one of them they count less: "rising costs", "costs are rising"."""
    total = 0.0
    for (stemmed, before), distance in near.items():
        same, across = there.get((stemmed, before)), there.get((stemmed, not before))
        total += max(1.0 / (distance * same) if same else 0.0, ACROSS / (distance * across) if across else 0.0)
    return total


def _near(text: str, word: Sided, every: Sequence[Sided]) -> Near:
    """The content words around in the sentence, as far as they are not another's of the set: "avoid NSAIDs and use paracetamol"."""
    breaks = [match.start() for match in _BREAKS.finditer(text)]
    since = max((place for place in breaks if place < word.start), default=-1)
    until = min((place for place in breaks if place >= word.end), default=len(text))
    same = [(each.start, each.end) for each in every if each.of == word.of]
    inside = [match for match in _PIECE.finditer(text) if since < match.start() < until]
    before = [_piece(match, same) for match in reversed(inside) if match.end() <= word.start]
    after = [_piece(match, same) for match in inside if match.start() >= word.end]
    near: dict[tuple[str, bool], int] = {}
    for side, pieces in ((True, before), (False, after)):
        for distance, token in enumerate(_own(pieces), start=1):
            near.setdefault((token, side), distance)
    return near


def _piece(match: re.Match[str], same: Sequence[tuple[int, int]]) -> str:
    """A content word by its stem; `_SAME` for a word of the set, `_JOIN` for what joins, nothing for any other."""
    word = match[0].lower()
    if any(match.start() < last and first < match.end() for first, last in same):
        return _SAME
    if word in _JOINS:
        return _JOIN
    return "" if word in stopwords() else stem(word)


def _own(pieces: Sequence[str]) -> list[str]:
    """Going away from a word of a set: the content words up to the next of the set, or to what joins the two; "oral or intravenous" share theirs."""
    found: list[str] = []
    for place, piece in enumerate(pieces):
        ahead = [other for other in pieces[place + 1 :] if other]
        if piece == _SAME and found:
            break
        if piece == _JOIN and _SAME in ahead and (found or ahead[0] not in (_SAME, _JOIN)):
            break
        if piece and piece not in (_SAME, _JOIN):
            found.append(piece)
    return found[:REACH]


def _denied(text: str) -> list[tuple[int, int]]:
    listed = words(text)
    return [(listed[n].start, listed[n].end) for n in negated(text)]


def _reached(word: Sided, denied: Sequence[tuple[int, int]]) -> bool:
    return any(low < word.end and word.start < high for low, high in denied)


@lru_cache(maxsize=8192)
def sided(text: str) -> tuple[Sided, ...]:
    """The words of a text that have an opposite in the file, and those with a prefix that makes one."""
    plain = _plain(text)
    return (*_listed(plain), *_prefixed(plain))


def _plain(text: str) -> str:
    """The text, as long as it was, with the parts of compounds as words of their own."""
    return text.replace("-", " ").replace("’", "'")


def _listed(plain: str) -> Iterator[Sided]:
    every, ignored = _phrases()
    hidden = [match.span() for match in ignored.finditer(plain)]
    for match in every.finditer(plain):
        start, end = match.span()
        if not any(low <= start and end <= high for low, high in hidden):
            yield from (Sided(of, meaning, start, end) for of, meaning in _meanings(" ".join(match[0].split())))


@lru_cache(maxsize=1)
def _phrases() -> tuple[Phrases, Phrases]:
    every = sections("opposites.txt")
    lines = (line.replace(">", "|") for line in (*every[_DENIAL], *every[_OPPOSITE]))
    return Phrases(phrases(lines)), Phrases(phrases(every["ignore"]))


@lru_cache(maxsize=1)
def _lines() -> tuple[tuple[str, str, Phrases], ...]:
    return tuple(
        (f"{section} {number}", str(place), Phrases(choices(meaning)))
        for section in (_DENIAL, _OPPOSITE)
        for number, line in enumerate(sections("opposites.txt")[section])
        for place, meaning in enumerate(line.split(">"))
    )


@lru_cache(maxsize=4096)
def _meanings(phrase: str) -> tuple[tuple[str, str], ...]:
    return tuple((of, meaning) for of, meaning, pattern in _lines() if pattern.fullmatch(phrase))


def _prefixed(plain: str) -> Iterator[Sided]:
    """Words with a prefix: of the set of what is left without it."""
    for match in _TOKEN.finditer(plain):
        yield from (Sided(of, prefix, *match.span()) for of, prefix in _begun("".join(match[0].lower().split())))


def _bare(text: str, elsewhere: Sequence[Sided]) -> Iterator[Sided]:
    """The words without a prefix that another text has with one which denies."""
    wanted = {each.of.rpartition(" ")[2]: each.of for each in elsewhere if each.of.startswith(_DENYING)}
    if wanted:
        for match in _TOKEN.finditer(_plain(text)):
            if of := wanted.get(stem(match[0].lower())):
                yield Sided(of, "", *match.span())


@lru_cache(maxsize=16384)
def _begun(word: str) -> tuple[tuple[str, str], ...]:
    if not word.isalpha() or _no_prefix().fullmatch(word):
        return ()
    return tuple(
        (f"{line} {stem(word[len(prefix) :])}", prefix)
        for line, prefixes in _prefixes()
        for prefix in prefixes
        if word.startswith(prefix) and len(word) >= len(prefix) + _SHORTEST
    )


@lru_cache(maxsize=1)
def _prefixes() -> tuple[tuple[str, tuple[str, ...]], ...]:
    every = sections("opposites.txt")
    turning = [(line, tuple(part.strip() for part in line.split(">"))) for line in every["prefix"]]
    return (*turning, *((f"{_DENYING} {prefix}", (prefix,)) for prefix in phrases(every["denying"])))


@lru_cache(maxsize=1)
def _no_prefix() -> Phrases:
    return Phrases(phrases(sections("opposites.txt")["no prefix"]))
