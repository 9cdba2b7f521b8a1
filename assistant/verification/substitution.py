"""In a claim that nearly repeats its quote a single word put for another is where it may go wrong, and no shared words tell.

Whoever copies a sentence and changes one word of it means something by that, unless the two words are known to mean the same
(`substitutions.txt`). Of what kind a thing is ("viral" for "bacterial" meningitis) is never only another way to say it. Where several words are
changed, most often the sentence is only said in other words, and that is noted. Words known to exclude each other are `opposites.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from assistant.planning.terms import content_of
from assistant.verification.events import events
from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.naming import named
from assistant.verification.opposites import of_one_set
from assistant.verification.rewriting import changes
from assistant.verification.wordlists import Phrases, choices, phrases, sections
from assistant.verification.words import Word, words

_SHORTEST = 5  # letters of a word that says of which kind something is: a shorter one cannot be told by its ending


def check_substitution(claim: str, evidence: Evidence) -> Finding:
    """0 where the only word that is changed is put for another, or one kind for another before the same word; else a half where any word is."""
    noted = FINE
    for new, old, kinds in _substituted(claim, evidence):
        text = f"the claim says “{new.text}” where the source says “{old.text}”"
        if kinds or _only_one_changed(claim, evidence.quote):
            return Finding(0.0, text, fault=True)
        noted = Finding(0.5, text)
    return noted


def _only_one_changed(claim: str, quote: str) -> bool:
    """Whether the claim has no other content word than the quote in the same order, but one."""
    said = words(claim)
    return sum(said[place].content for change in changes(claim, quote) for place in change.new) == 1


def _substituted(claim: str, evidence: Evidence) -> Iterator[tuple[Word, Word, bool]]:
    """The words that stand for another, and whether both say of which kind the next word is."""
    said, source = words(claim), words(evidence.quote)
    known: str | None = None
    for change in changes(claim, evidence.quote):
        if len(change.old) != 1 or len(change.new) != 1:
            continue
        new, old = said[change.new[0]], source[change.old[0]]
        if not new.content or not old.content or _same(new, old, claim, evidence.quote):
            continue
        known = known if known is not None else content_of(evidence.spelt_out(f"{evidence.quote} . {evidence.context}"))
        if f" {new.stem} " in known or _named_there(new, claim, known):
            continue
        follow = (said[change.new[0] + 1 :][:1], source[change.old[0] + 1 :][:1])
        before_same = all(follow) and follow[0][0].stem == follow[1][0].stem and follow[0][0].content
        yield new, old, before_same and _of_a_kind(new) and _of_a_kind(old)


def _same(new: Word, old: Word, claim: str, quote: str) -> bool:
    """Whether the two are forms of one word, figures (which are looked at elsewhere), or mean the same."""
    if new.stem == old.stem or not new.text.isalpha() or not old.text.isalpha():
        return True
    if new.text[:5] == old.text[:5] or of_one_set(new.text, old.text):
        return True
    if any(line.fullmatch(new.text) and line.fullmatch(old.text) for line in _meanings()):
        return True
    ours = {(event.axis, event.pole) for event in events(claim) if event.text.lower() == new.text}
    return bool(ours & {(event.axis, event.pole) for event in events(quote) if event.text.lower() == old.text})


def _named_there(new: Word, claim: str, known: str) -> bool:
    """Whether it is, or is part of, a name of something that the source names in another way."""
    return any(
        entity.start <= new.start < entity.start + len(entity.text) and entity.occurs_in(known)
        for entity in named(claim)
    )


def _of_a_kind(word: Word) -> bool:
    return len(word.text) >= _SHORTEST and word.text.endswith(_endings())


@lru_cache(maxsize=1)
def _meanings() -> tuple[Phrases, ...]:
    return tuple(Phrases(choices(line)) for line in sections("substitutions.txt")["same"])


@lru_cache(maxsize=1)
def _endings() -> tuple[str, ...]:
    return tuple(phrases(sections("substitutions.txt")["kind"]))
