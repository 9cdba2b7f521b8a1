"""One term for what is written in several ways: `IL6` and `IL-6`, `500mg` and `500 mg`, `TNF-α`, `TNFα` and `TNF-alpha`.

Only the index sees these terms. Who reads a text by its tokens goes on seeing what it says.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NAMES = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi chi psi omega"
_GREEK = dict(zip("αβγδεζηθικλμνξοπρςστυφχψω", _NAMES.split(), strict=True))
# A letter by itself, also behind Latin ones; next to others it is a word of the Greek language, and before a unit's letter μ is "micro".
_LETTER = re.compile(r"([a-z]?)(?<![\u0370-\u03ff])(?!μ[a-z])([α-ω])(?![\u0370-\u03ff])")
_MEASURED = re.compile(
    r"(\d+)((?:m|k|mc|μ|u|n|p)?g|(?:m|d|μ|u)?l|(?:m|μ|u|n|p)?mol|[mc]m|mmhg|meq|m?iu|kcal|kj|kda|c?gy|[km]?hz|h|hrs?|mins?|wks?|y|yrs?)"
)
_JOINT = re.compile(r"(?<=[a-z])-(?=\d)|(?<=\d)-(?=[a-z])")


@lru_cache(maxsize=65536)
def forms(token: str) -> tuple[str, ...]:
    """The terms that a token of `indexes.lexical` is stored and looked for by; the first one says the whole of it."""
    if measured := _MEASURED.fullmatch(token):
        return measured.groups()
    spelt = token if token.isascii() else _LETTER.sub(_spelt, token)
    parts = spelt.split("-") if "-" in spelt and "-" not in token else []  # of "TNFα", which gave none by itself
    return (_JOINT.sub("", spelt), *parts)


def _spelt(found: re.Match[str]) -> str:
    before, letter = found.groups()
    return f"{before}-{_GREEK[letter]}" if before else _GREEK[letter]
