"""A claim about everyone is not carried by a quote about some: whom a text speaks of, and by what they are limited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.planning.terms import content_of
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.naming import named
from assistant.verification.rewriting import changes
from assistant.verification.wordlists import Phrases, choices, phrases, sections
from assistant.verification.words import cue, has, words
from indexes.lexical import stem, stopwords

_WORD = re.compile(r"[A-Za-z][\w'’-]*|\d[\d.,]*|[.,;:()<>≥≤]")
_AFTER = 7  # words after people that may limit them
_BEFORE = 2
_DESCRIBES = re.compile(
    r"(?:ic|al|ed|ive|ous|ant|ent|ible|able|ary|lar|ill|risk|older|younger|stage|term|line|onset|naive|free|positive|negative|white|black)$"
)
"""How words end that describe people: "hypertensive patients", "critically ill adults"."""
MOSTLY = 0.5  # share of a limit's words that the claim may not leave out
_STOPS = frozenset(".;:()")


@dataclass(frozen=True, slots=True)
class People:
    """People spoken of: the groups they are (`woman`, `child`), other stems that limit them, and how the text says it."""

    groups: frozenset[str]
    limits: frozenset[str]
    text: str


def check_people(claim: str, evidence: Evidence) -> Finding:
    """0 where the claim is about more people than the quote; less than 1 where a limit is left out that may be understood."""
    if has("subgroup", evidence.quote) and not has("subgroup", claim) and _dropped(claim, evidence):
        match = cue("subgroup").search(evidence.quote)
        return Finding(0.0, f"the source speaks of a subgroup only (“{match[0] if match else ''}”)", fault=True)
    ours, theirs = people(claim), people(evidence.quote)
    around = f"{evidence.quote} . {evidence.context}"
    for name, pattern in _groups():
        if name != "adults" and pattern.search(claim) and not pattern.search(around):
            return Finding(0.0, f"the source is not about {name}", fault=True)
    if not theirs:
        return FINE
    if _universal(claim) and not _universal(evidence.quote):
        return Finding(0.0, "the claim is about all, the source is not", fault=True)
    groups = frozenset.intersection(*(each.groups for each in theirs))
    said = {word for each in ours for word in each.groups}
    if groups - said and (ours or groups & _NARROW):
        if ours:
            return Finding(0.0, f"the source is about {', '.join(sorted(groups - said))} only", fault=True)
        return Finding(0.6, f"the source is about {', '.join(sorted(groups - said))}")
    if widened := _widened(claim, evidence.quote):
        return Finding(0.0, f"the source is about “{widened}” only", fault=True)
    tokens = {stem(word.lower()) for word in re.findall(r"[\w'’-]+", claim)}
    content = content_of(evidence.spelt_out(claim))
    tokens |= {
        stem(word.lower())
        for entity in named(evidence.quote)
        if entity.occurs_in(content)
        for word in entity.text.split()
    }
    worst = 0.0
    left_out: list[str] = []
    for mine in ours:
        same = [each for each in theirs if stem(each.text.lower()) == stem(mine.text.lower())] or theirs
        shares = [
            (len(each.limits - mine.limits - tokens) / len(each.limits) if each.limits else 0.0, each) for each in same
        ]
        least, nearest = min(shares, key=lambda pair: pair[0])
        if least > worst:
            worst, left_out = least, sorted(nearest.limits - mine.limits - tokens)
    if worst >= MOSTLY:
        return Finding(0.0, f"the source is about people limited by: {', '.join(left_out[:4])}", fault=True)
    return (
        Finding(1.0 - worst / 2, f"the source is about people limited by: {', '.join(left_out[:4])}") if worst else FINE
    )


def _widened(claim: str, quote: str) -> str:
    """In a claim that else repeats the quote, what limited its people and is left out."""
    limiting = set(phrases(sections("people.txt")["limiting"])) - {"in"}
    source = words(quote)
    for change in changes(claim, quote):
        if not change.old:
            continue
        first, last = change.old[0], change.old[-1]
        gone = " ".join(word.text for word in source[first : last + 1])
        put = " ".join(words(claim)[place].text for place in change.new)
        if any(
            pattern.search(gone) and not pattern.search(put) for name, pattern in _groups() if name != "adults"
        ) and (not put or _nouns().search(put)):
            return gone
        after_people = first > 0 and _nouns().fullmatch(source[first - 1].text) and source[first].text in limiting
        before_people = (
            last + 1 < len(source)
            and _nouns().fullmatch(source[last + 1].text)
            and _DESCRIBES.search(source[last].text)
        )
        if (
            not change.new
            and (after_people or before_people)
            and any(word.content for word in source[first : last + 1])
        ):
            return gone
    return ""


_NARROW = frozenset({"women", "men", "children", "infants", "adolescent*", "pregnant", "older adults"})


@lru_cache(maxsize=1)
def _groups() -> tuple[tuple[str, Phrases], ...]:
    return tuple((choices(line)[0], Phrases(choices(line))) for line in sections("people.txt")["group"])


@lru_cache(maxsize=1)
def _nouns() -> Phrases:
    every = sections("people.txt")
    return Phrases([*phrases(every["noun"]), *phrases(every["group"])])


@lru_cache(maxsize=8192)
def people(text: str) -> tuple[People, ...]:
    """Whom the text speaks of, in order."""
    every = sections("people.txt")
    limiting, passing = set(phrases(every["limiting"])), set(phrases(every["passing"]))
    found = []
    for match in _nouns().finditer(text):
        groups = {name for name, pattern in _groups() if pattern.fullmatch(match[0])}
        before = [word.lower() for word in re.split(r"[.;:(),]", text[: match.start()])[-1].split()[-_BEFORE:]]
        limits = set()
        for word in reversed(before):
            if word in passing or word in limiting or not _DESCRIBES.search(word):
                break
            limits.add(word)
        after = [word.lower() for word in _WORD.findall(text[match.end() : match.end() + 90])[:_AFTER]]
        if after and after[0] in limiting:
            for word in after[1:]:
                if word in _STOPS:
                    break
                limits.add(word)
        for name, pattern in _groups():
            if any(pattern.fullmatch(word) for word in limits):
                groups.add(name)
        telling = {
            stem(word)
            for word in limits
            if word[0].isalpha()
            and len(word) > 1
            and word not in stopwords()
            and word not in passing
            and word not in limiting
        }
        found.append(People(frozenset(groups), frozenset(telling), match[0]))
    return tuple(found)


def _universal(text: str) -> bool:
    return (
        re.search(
            r"\b(?:all|every|everyone|everybody|any|anyone|each|whole|entire|general)\b(?:\s+[\w-]+){0,3}",
            text,
            re.IGNORECASE,
        )
        is not None
    )


def _dropped(claim: str, evidence: Evidence) -> bool:
    """Whether what follows the word for a subgroup is not in the claim."""
    match = cue("subgroup").search(evidence.quote)
    if match is None:
        return False
    following = {
        stem(word.lower())
        for word in re.findall(
            r"[A-Za-z][\w-]*", re.split(r"[.;:(),]", evidence.quote[match.end() : match.end() + 60])[0]
        )[:6]
    } - set(stopwords())
    return not following & {stem(word.lower()) for word in re.findall(r"[A-Za-z][\w-]*", claim)}
