"""Rules that turn a sentence round by one word: what is avoided is used, intramuscular is intravenous, hypo- is hyper-, advice grows stronger.

A claim that nearly repeats its source and says the opposite has nearly all of its words, which is why these are tried by themselves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from evals.replacements import pairs

_RATIO = re.compile(
    r"\b(?:hazard|odds|risk|rate) ratio(?:\s?\((?:HR|OR|RR)\))? (?:for|of) (?P<what>[a-z][a-z -]{3,60}?)[, ](?:.{0,60}?\s)??"
    r"(?P<value>\d+[.·]\d+)[\s,;(\[]+95% (?:CI|confidence interval)[\s,:]*(?P<low>\d+[.·]\d+)\s?(?:-|–|to|,)\s?(?P<high>\d+[.·]\d+)"
)


def invert_word(sentence: str, chance: random.Random) -> str | None:
    """A word becomes one that excludes it; not where the sentence has both."""
    found = []
    for pair in pairs("inversions"):
        for one, other in (pair, pair[::-1]):
            if not list(_places(other, sentence)):
                found += [(match, other) for match in _places(one, sentence)]
    return _put(sentence, *chance.choice(found)) if found else None


def exchange_prefix(sentence: str, chance: random.Random) -> str | None:
    """Too much becomes too little: hyper- hypo-, tachy- brady-, pre- post-."""
    turned = {one: other for pair in pairs("prefixes") for one, other in (pair, pair[::-1])}
    roots = "|".join(root for root, _ in pairs("roots"))
    places = list(re.finditer(rf"\b({'|'.join(turned)})-?(?={roots})", sentence, re.IGNORECASE))
    if not places:
        return None
    match = chance.choice(places)
    return _put(sentence, match, turned[match[1].lower()])


def drop_against(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001 - rules are alike
    """What is advised against is advised."""
    changed = re.sub(r"\b(suggest|recommend|advis)(s|ed|es|ing)? against\b", r"\1\2", sentence, count=1)
    return changed if changed != sentence else None


def strengthen_advice(sentence: str, chance: random.Random) -> str | None:
    """What may be considered is to be done."""
    found = [(match, strong) for weak, strong in pairs("stronger") for match in _places(weak, sentence)]
    return _put(sentence, *chance.choice(found)) if found else None


def contradict_ratio(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001
    """A claim in words that the ratio and its interval deny."""
    match = _RATIO.search(sentence)
    if match is None:
        return None
    low, high = (float(match[bound].replace("·", ".")) for bound in ("low", "high"))
    if low < high < 1 or low > 1 or low <= 1 <= high:
        return f"The risk of {match['what']} was {'increased' if high < 1 or low <= 1 else 'reduced'}."
    return None


def _places(word: str, sentence: str) -> Iterator[re.Match[str]]:
    """Where the word stands, at the beginning of a sentence too."""
    either = f"[{word[0]}{word[0].upper()}]" if word[0].islower() else word[0]
    return re.finditer(rf"(?<![\w-]){either}{re.escape(word[1:])}(?![\w-])", sentence)


def _put(sentence: str, match: re.Match[str], word: str) -> str:
    """The sentence with a word in the place of a match, in capitals where that was."""
    word = word[0].upper() + word[1:] if match[0][0].isupper() else word
    return sentence[: match.start()] + word + sentence[match.end() :]
