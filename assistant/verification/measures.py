"""Reads the figures of a text: value, unit, bound; and how often something is done. Whatever the format, the same quantity reads the same.

`16.3%`, `16.3 percent` and `16·3 %` are one quantity, so are `1 g` and `1000 mg`, `bid` and `twice daily`; `6 weeks` and `6 months` are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from assistant.verification.bounds import bound_of
from assistant.verification.conversions import bounded_alike
from assistant.verification.wordlists import Phrases, alternation, choices, lowered, sections

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_SPACED_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?:[\u2009\u202f\u00a0 ]\d{3})+)(?![\d,])")
_NUMBER = re.compile(
    r"(?<![\w.])(?<![A-Za-z]-)(?<!\d,)(?P<value>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:\s?[x×*]\s?10\s?\^?(?P<exponent>\(-?\d+\)|-?\d+)"
    r"|\^(?P<power>-?\d+))?",
)
_LABEL = re.compile(
    r"\b(type|phase|stage|grade|class|category|level|group|arm|cohort|tier|nyha|gold|child-pugh|factor)[\s-]+"
    r"((?:i{1,3}|iv|v|vi{0,3})(?=[abc]?(?![a-z]))|\d{1,2}(?![\d.,]*\d|\s*%)|[a-d](?![\w'’-]))",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"(?<![\w-])one\b(?=[\s-](in\b|out of\b|of (?:\d|two|three|four|five|six|seven|eight|ten)|year|month|week|day|hour|dose))",
    re.IGNORECASE,
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_JOINED = re.compile(r"\s*(?:-|to|and|or|,|,\s*and|vs\.?|versus|/|through|compared with|, respectively)\s*")
_SPREAD = re.compile(r"\s?(?:\(\d[\d.,]*\)|(?:±|\+/-|\+-)\s?\d[\d.,]*)")
_PER = re.compile(r"\s?(?:/|per)\s?(?=[a-z(])", re.IGNORECASE)
_EVERY = re.compile(
    r"\bevery\s+(?P<low>\d+|two|three|four|five|six|seven|eight|ten|twelve)(?:\s*(?:-|to|or)\s*(?P<high>\d+|two|three|four|five|six|eight|twelve))?"
    r"[\s-]*(?P<period>hour|hr|h|day|week|month|year)s?\b|\bq\.?(?P<n>\d{1,2})(?P<unit>h|d|w)\b",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"\b(?P<n>\d+|once|twice|thrice|one|two|three|four|five|six|seven|eight|ten)(?:\s+(?:times?|doses?))?\s*(?:-|/|per|a|an|each|every)?\s*"
    r"(?P<period>daily|weekly|monthly|yearly|annually|day|week|month|year)\b",
    re.IGNORECASE,
)
_COUNTS = {"once": 1, "twice": 2, "thrice": 3, "one": 1}
_PERIODS = {
    "h": ("hours", 1), "hr": ("hours", 1), "hour": ("hours", 1), "d": ("hours", 24), "day": ("hours", 24), "daily": ("hours", 24),
    "w": ("hours", 168), "week": ("hours", 168), "weekly": ("hours", 168), "month": ("months", 1), "monthly": ("months", 1),
    "year": ("months", 12), "yearly": ("months", 12), "annually": ("months", 12),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of a text. `value` is in the unit of its `dimension` (`""`: a bare number); `bound` is `lt`, `le`, `ge`, `gt`, `approx` or `""`.

    `start` and `end` are where it stands in the text that was normalised; `printed` is how the text has it.
    """

    value: str
    dimension: str
    bound: str
    printed: str
    start: int
    end: int
    in_words: bool = False

    @property
    def printed_value(self) -> str:
        """The value as printed, before any unit was converted; what a bare number is compared with."""
        digits = re.match(r"[\d.,]+", self.printed)
        return (
            _plain(Decimal(digits[0].replace(",", "").rstrip("."))) if digits and digits[0].strip(".,") else self.value
        )

    @property
    def key(self) -> tuple[str, str]:
        """What is compared: value and dimension."""
        return self.value, self.dimension


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything countable that a text says. `frequencies` are intervals (`hours 12`), `labels` such as `type 2`; places count in `text`."""

    text: str
    quantities: tuple[Quantity, ...]
    frequencies: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]


def normalised(text: str) -> str:
    """The text with one form for what has several: dashes, middle dots, micro signs, superscripts (`10⁹` is `10^9`), spaces in thousands."""
    text = _SUPERSCRIPT.sub(lambda match: "^" + match[0].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"(?<=\d)[·∙•⋅](?=\d)|(?<=\s)·(?=\d)|^·(?=\d)", ".", text)
    text = re.sub(r"[‐‑‒–—−]", "-", text).replace("µ", "u").replace("μ", "u")
    return _SPACED_THOUSANDS.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), text)


@lru_cache(maxsize=8192)
def measures(text: str) -> Measures:
    """The quantities, frequencies and labels of a text, in order."""
    text = normalised(text)
    taken = list(text)
    labels = []
    for match in _LABEL.finditer(text):
        word, which = match[1].lower(), match[2].lower()
        if which in {"a", "b", "c", "d"} and not match[2].isupper():
            continue
        labels.append(f"{word} {_ROMAN.get(which, which)}")
        _blank(taken, match.span(2))
    frequencies = tuple(_frequencies("".join(taken), taken))
    rest = "".join(taken)
    found = [*_numerals(rest), *_words(rest)]
    found.sort(key=lambda quantity: quantity.start)
    return Measures(text, tuple(bounded_alike(rest, _shared(rest, found))), frequencies, tuple(labels))


def _blank(taken: list[str], span: tuple[int, int]) -> None:
    """What is read once is not read again: a sign that is in no pattern stands for it."""
    taken[span[0] : span[1]] = "\x00" * (span[1] - span[0])


def _frequencies(text: str, taken: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[int, tuple[str, str], str]] = []

    def note(match: re.Match[str], dimension: str, length: Fraction, upper: Fraction | None = None) -> None:
        if "\x00" not in "".join(taken[match.start() : match.end()]):
            spans = str(length) if upper is None else f"{length}-{upper}"
            found.append((match.start(), (dimension, spans), match[0].strip(" /")))
            _blank(taken, match.span())

    for match in _EVERY.finditer(text):
        dimension, length = _PERIODS[(match["period"] or match["unit"]).lower()]
        low = _count(match["low"] or match["n"])
        high = _count(match["high"]) * length if match["high"] else None
        note(match, dimension, Fraction(low * length), Fraction(high) if high else None)
    for match in _TIMES.finditer(text):
        dimension, length = _PERIODS[match["period"].lower()]
        if (count := _count(match["n"])) and not match[0][len(match["n"]) :].strip().lower().startswith(
            ("day", "week", "month", "year", "-")
        ):
            note(match, dimension, Fraction(length, count))
    for match in _table_of_frequencies().finditer(text):
        dimension, length_text = _frequency_names()[_folded(match[0])]
        note(match, dimension, Fraction(length_text))
    return [frequency for _, frequency, _ in sorted(found)]


def _count(word: str | None) -> int:
    word = (word or "0").lower()
    return int(word) if word.isdigit() else _COUNTS.get(word) or int(_number_words().get(word, "0"))


@lru_cache(maxsize=1)
def _frequency_names() -> dict[str, tuple[str, str]]:
    names = {}
    for line in sections("frequencies.txt")[""]:
        dimension, length, ways = line.split(maxsplit=2)
        names.update({_folded(way): (dimension, length) for way in choices(ways)})
    return names


@lru_cache(maxsize=1)
def _table_of_frequencies() -> Phrases:
    return Phrases(_frequency_names())


def _folded(words: str) -> str:
    return re.sub(r"[\s-]+", " ", words.lower()).strip()


@lru_cache(maxsize=1)
def _units() -> tuple[re.Pattern[str], dict[str, tuple[str, Decimal]]]:
    names: dict[str, tuple[str, Decimal]] = {}
    for line in sections("units.txt")[""]:
        dimension, factor, ways = line.split(maxsplit=2)
        names.update({_folded(way): (dimension, Decimal(factor)) for way in choices(ways)})
    longest = sorted(names, key=len, reverse=True)
    pattern = "|".join(re.escape(name).replace(r"\ ", r"[\s-]+") for name in longest)
    return re.compile(rf"[\s-]{{0,2}}({pattern})(?![a-z0-9])", re.IGNORECASE), names


def _unit(text: str, place: int) -> tuple[str, Decimal, int]:
    """Dimension, factor and end of the unit that stands at `place`; compound ones (`mg/kg`, `mg per dl`) keep their parts in order."""
    pattern, names = _units()
    spread = _SPREAD.match(text, place)  # "69.9 (2.4) min", "48.3 ± 10 years"
    match = pattern.match(text, place) or (pattern.match(text, spread.end()) if spread else None)
    if not match:
        return "", Decimal(1), place
    if spread and match.start() >= spread.end():
        dimension, factor = names[_folded(match[1])]
        return dimension, factor, place
    dimension, factor = names[_folded(match[1])]
    end = match.end()
    while (per := _PER.match(text, end)) and (below := pattern.match(text, per.end())):
        lower, divisor = names[_folded(below[1])]
        dimension, factor, end = f"{dimension}/{lower}", factor / divisor, below.end()
    return dimension, factor, end


def _plain(value: Decimal) -> str:
    """The value without what does not change it: `16.30` is `16.3`; eight digits, so that converted units still meet."""
    rounded = Decimal(f"{value:.8g}").normalize()
    return f"{rounded:f}"


def _numerals(text: str) -> list[Quantity]:
    found = []
    for match in _NUMBER.finditer(text):
        value = Decimal(match["value"].replace(",", ""))
        if match["exponent"]:
            value = value.scaleb(int(match["exponent"].strip("()")))
        elif match["power"]:
            value = value ** int(match["power"]) if abs(int(match["power"])) <= 15 else value
        end = match.end()
        if scale := _scale().match(text, end):
            value, end = value * Decimal(_scales()[scale[1].lower()]), scale.end()
        found.append(_quantity(text, value, match.start(), end))
    return found


def _quantity(text: str, value: Decimal, start: int, end: int, in_words: bool = False) -> Quantity:
    dimension, factor, after = _unit(text, end)
    return Quantity(
        _plain(value * factor),
        dimension,
        bound_of(text, start, after),
        text[start:after].strip(),
        start,
        after,
        in_words,
    )


@lru_cache(maxsize=1)
def _number_words() -> dict[str, str]:
    return dict(line.split() for line in sections("number_words.txt")["number"])


@lru_cache(maxsize=1)
def _scales() -> dict[str, str]:
    return dict(line.split() for line in sections("number_words.txt")["scale"])


@lru_cache(maxsize=1)
def _scale() -> re.Pattern[str]:
    return re.compile(rf"[\s-]({'|'.join(_scales())})\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _word_patterns() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, tuple[str, str]]]:
    named = {
        _folded(line.rpartition(" ")[0]): (line.rpartition(" ")[2], section)
        for section in ("fold", "percent")
        for line in sections("number_words.txt")[section]
    }
    small = "|".join(sorted(_number_words(), key=len, reverse=True))
    numbers = re.compile(
        rf"(?<![\w-])({small})(?:[\s-]({small}|one))?(?:[\s-]({'|'.join(_scales())}))?(?![\w])(?!-?fold)", re.IGNORECASE
    )
    shares = re.compile(rf"({alternation(named)})(?!-?(?:li[fv]|dose|blind|dummy))")
    return numbers, shares, named


def _words(text: str) -> list[Quantity]:
    numbers, shares, named = _word_patterns()
    found = []
    rest = list(text)
    for match in shares.finditer(lowered(text)):
        percent, dimension = named[_folded(match[1])]
        if re.match(r"[\s-]+(?:blind|dummy|bond|strand|mask)", text[match.end() :]):
            continue
        _blank(rest, match.span())
        found.append(
            Quantity(
                _plain(Decimal(percent)),
                dimension,
                bound_of(text, match.start(), match.end()),
                match[0],
                *match.span(),
                in_words=True,
            )
        )
    text = "".join(rest)
    for match in numbers.finditer(text):
        value = Decimal(_number_words()[match[1].lower()])
        if match[2]:
            value += 1 if match[2].lower() == "one" else Decimal(_number_words()[match[2].lower()])
        if match[3]:
            value *= Decimal(_scales()[match[3].lower()])
        found.append(_quantity(text, value, match.start(), match.end(), in_words=True))
    found += [_quantity(text, Decimal(1), *match.span(), in_words=True) for match in _ONE.finditer(text)]
    return found


def _shared(text: str, found: list[Quantity]) -> list[Quantity]:
    """Figures of a row take the unit that stands after its last: in "5, 10 and 20 mg" all are milligrams."""
    whole: list[Quantity] = []
    next_start, dimension, factor, listed = 0, "", Decimal(1), False
    for quantity in reversed(found):
        between = text[quantity.end : next_start].strip()
        if dimension and not quantity.dimension and _JOINED.fullmatch(between) and (listed or between != ","):
            value = _plain(Decimal(quantity.value) * factor)
            quantity, listed = replace(quantity, value=value, dimension=dimension), True
        elif quantity.dimension:
            listed = False
            digits = re.match(r"[\d.,^]+|[a-z]+", quantity.printed)
            dimension, factor, _ = _unit(text, quantity.start + (digits.end() if digits else 0))
        else:
            dimension = ""
        whole.append(quantity)
        next_start = quantity.start
    return whole[::-1]
