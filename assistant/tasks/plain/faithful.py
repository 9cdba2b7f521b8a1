"""What a sentence in plain words must keep of the one it stands for: figures, direction, doubt, names of drugs; and it may add nothing."""

from __future__ import annotations

import re
from collections import Counter

from assistant.planning.terms import content_of, drugs_in
from assistant.tasks.figures import figures
from assistant.tasks.plain.glossary import glossary
from indexes.lexical import tokens

_NEGATIONS = re.compile(r"\b(?:not|no|never|none|neither|nor|cannot|without|\w+n['’]t)\b", re.IGNORECASE)
_DOUBT = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        (
            "that it is only possible",
            r"\b(?:may|might|could|possibl[ey]|potential(?:ly)?|perhaps|appears?|seems?|suggest\w*|likely|probably|uncertain|unclear)\b",
        ),
        ("that it is linked and not caused", r"\b(?:associat\w+|correlat\w+|link(?:ed|s)?|related)\b"),
        ("that it may be chance", r"\b(?:not|no|non)[- ]?(?:statistically )?significan\w+\b"),
    )
}
_KEPT = {
    "that it may be chance": re.compile(
        r"\b(?:significan\w+|chance|no (?:clear|real|certain|sure) difference|not (?:clear|certain|sure))\b",
        re.IGNORECASE,
    )
}


def losses(original: str, plain: str) -> list[str]:
    """What a sentence in plain words changed or left out, in words; empty where it keeps what it must."""
    found = []
    before, after = figures(original), figures(plain)
    if missing := before - after:
        found.append(f"leaves out {', '.join(sorted(missing))}")
    if added := after - before:
        found.append(f"adds {', '.join(sorted(added))}")
    if _negations(original) != _negations(plain):
        found.append("says yes for no, or no for yes")
    for what, pattern in _DOUBT.items():
        kept = _KEPT.get(what, pattern)
        if pattern.search(original) and not kept.search(plain):
            found.append(f"leaves out {what}")
    said = content_of(plain)
    found += [f"leaves out {drug.text}" for drug in drugs_in(original) if not drug.occurs_in(said)]
    return found


def additions(plain: str, source: str) -> list[str]:
    """The content words that a sentence, its plain words put back into terms, has and its source has not; those that only join a sentence aside."""
    said = set(tokens(source))
    return sorted(dict.fromkeys(word for word in tokens(without_joining(plain)) if word not in said))


def without_joining(text: str) -> str:
    """The text without the words that only join a sentence and say nothing of their own."""
    joining = glossary().joining
    return " ".join(word for word in text.split() if word.strip(".,;:()").lower() not in joining)


def _negations(text: str) -> Counter[bool]:
    """How often a text denies; "no" and "not" are one."""
    return Counter(True for _ in _NEGATIONS.finditer(text))
