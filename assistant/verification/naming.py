"""What a text names, strictly: a drug, condition, outcome or group under any of its own names, never its class and never what is narrower.

The planner's terms (`planning.terms`) meet a question for a class with a member of it; a claim about a class is not carried by a quote on one member.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.planning.terms import MAX_NAME
from assistant.planning.vocabulary import TermKind, concepts, looks_like_a_drug, synonyms
from assistant.verification.wordlists import choices, phrases, sections
from indexes.lexical import token_spans, tokens

_ACRONYM = re.compile(r"(?<![\w-])(?=[A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*[A-Z0-9])[A-Z][A-Za-z0-9-]{1,9}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Entity:
    """Something named: its kind, the text's own words, its own names (stemmed), and those of what is narrower. `start` counts characters."""

    kind: TermKind
    text: str
    names: frozenset[str]
    narrower: frozenset[str]
    start: int

    def occurs_in(self, content: str) -> bool:
        """Whether one of its own names occurs in `content`, as `planning.terms.content_of` made it."""
        return any(f" {name} " in content for name in self.names)


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[TermKind, frozenset[str], frozenset[str]]]:
    """Stemmed name -> kind, its own names, the narrower ones."""
    own = synonyms()
    table = {
        name: (concept.kind, own.get(name, frozenset({name})), concept.names - own.get(name, frozenset({name})))
        for name, concept in concepts().items()
    }
    for line in sections("drug_names.txt")[""]:
        keys = frozenset(" ".join(tokens(name)) for name in choices(line))
        known = frozenset().union(*(table[key][1] for key in keys if key in table and table[key][0] is TermKind.DRUG))
        for key in keys | known:
            table[key] = (
                TermKind.DRUG,
                keys | known,
                table.get(key, (TermKind.DRUG, keys, frozenset[str]()))[2] - keys,
            )
    return table


@lru_cache(maxsize=1)
def _no_names() -> tuple[frozenset[str], frozenset[str]]:
    every = sections("not_names.txt")
    return frozenset(phrases(every["word"])), frozenset(phrases(every["small"]))


def _no_name(word: str) -> bool:
    """Whether the word only looks like a name: "immunity" has the stem of immunisation, and "art" is no therapy."""
    never, small = _no_names()
    return word.lower() in never or word in small


@lru_cache(maxsize=8192)
def named(text: str) -> tuple[Entity, ...]:
    """What the text names, in order, the longest name first; a word that ends as drugs' names do is a drug; so far unknown acronyms are `OTHER`."""
    spans = token_spans(text)
    listed = [word for word, _, _ in spans]
    found: list[Entity] = []
    place = 0
    while place < len(listed):
        length = next(
            (
                n
                for n in range(min(MAX_NAME, len(listed) - place), 0, -1)
                if " ".join(listed[place : place + n]) in _names()
            ),
            0,
        )
        start, end = spans[place][1], spans[place + max(length, 1) - 1][2]
        if length == 1 and _no_name(text[start:end]):
            pass
        elif length:
            kind, names, narrower = _names()[" ".join(listed[place : place + length])]
            found.append(Entity(kind, text[start:end], names, narrower, start))
        elif looks_like_a_drug(text[start:end]):
            found.append(Entity(TermKind.DRUG, text[start:end], frozenset({listed[place]}), frozenset(), start))
        place += max(length, 1)
    known = {position for entity in found for position in range(entity.start, entity.start + len(entity.text))}
    found += [
        Entity(TermKind.OTHER, match[0], frozenset({" ".join(tokens(match[0]))}) - {""}, frozenset(), match.start())
        for match in _ACRONYM.finditer(text)
        if match.start() not in known and not text.isupper()
    ]
    return tuple(sorted(found, key=lambda entity: entity.start))
