"""Sentence boundaries with offsets, for passages that end at sentences and for quotes that are whole ones.

Rules for clinical and biomedical English. Where they cannot tell, two sentences stay one: two that are merged tell the truth, half of one may not.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
# What may end a sentence: with what closes behind it, and with the references that belong to it, `. [12]`, `.12,13`, `.1213`, `.¹²`. White space or
# a separator follows, or nothing where a space was forgotten ("in mice.The dose").
_STOP = re.compile(
    r"""[.!?…]{1,9}["'”’»)\]]{0,9}"""
    r"""(?:\s?\[\d[\d,;\s–-]{0,30}\]|(?<=[^\W\d_]{2}\.)\d{1,6}(?:[,–-]\d{1,6}){0,9}(?=\s+[A-Z])|[¹²³⁰⁴-⁹][¹²³⁰⁴-⁹,⁻–-]{0,20})?"""
    r"""(?=[\s;~]|\(ABSTRACT TRUNCATED|(?<=[\w)%\]]{2}\.)(?!Gov|Com|Org|Net)(?:(?:A|[A-Z][a-z]{1,20})[:\s]|[A-Z]{3,20}:))|[。！？]"""
)
_MARKER = r"(?:[•●▪◦‣*–—-]|\(?(?:\d{1,2}|[a-z]|[ivx]{2,4})[.)](?=\s))"
_LIST = re.compile(rf":[^\S\n]*\n\s*{_MARKER}")  # a colon, and the first item on a line of its own
_NEXT_ITEM = re.compile(rf"[^\S\n]*\n\s*{_MARKER}")
_NEXT = re.compile(r"[\s;~:•●▪◦‣*–—-]*(\S{1,40})")
_SPACE = re.compile(r"\s*")
_OPENING = "([{“‘\"'*"
_BEFORE_WORD = re.compile(r"[,;:=–([{“‘\"*]|^'")
_NO_LETTER = re.compile(r"[\W\d_]")
_NUMBER = re.compile(r"[A-Za-z]?\d")
_NUMBER_OF_ITEM = re.compile(r"(?:^|[.;:]\s|\n)\s*\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-z]|[ivx]{2,4})$")
_ITEM = re.compile(r"\((?:\d{1,2}|[a-z]|[ivx]{2,4})\)")
_COINED = re.compile(r"[a-zα-ω]{1,9}[-–]?[A-Z0-9]|[α-ω][-–]")  # mRNA, p53, c-Myc, β-blockers may begin a sentence
_NO_OPENING = re.compile(
    r"[A-Za-zχα-ω]{1,2}[²2]?\s?[<=>≤≥≈]|0|\[\d"
)  # "P = .03" tells more of the same; "65. 00"; a late reference
_INITIALS = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_BRACKET = re.compile(r"[()\[\]“”]")
_OPENED_BY = {")": "(", "]": "[", "”": "“"}
_LONGEST_BRACKET = 400  # characters: what stays open for longer was never meant to
_DEEPEST_BRACKET = 8
_LONGEST_REMEMBERED = (
    20_000  # characters: passages and abstracts are asked for again, and four thousand texts of megabytes would be kept
)

_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(files(__package__).joinpath("sentence_words.toml").read_text("utf-8")).items()
}


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end (characters) of each sentence in `text`, without surrounding white space, in order.

    A blank line ends a sentence, another line break does not. The items of a list stay with the words and the colon that lead to them.
    """
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else find_sentences(text)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> tuple[tuple[int, int], ...]:
    return find_sentences(text)


def find_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """What `sentence_spans` gives, without remembering it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _ends(text):
        sentence = text[start:end]
        if sentence and not sentence.isspace():
            spans.append((end - len(sentence.lstrip()), start + len(sentence.rstrip())))
        start = end
    return tuple(spans)


def _ends(text: str) -> Iterator[int]:
    """Where a sentence or a paragraph ends, in order; the last is the text's end."""
    start = 0
    for end in [*(match.start() for match in _BLANK_LINE.finditer(text)), len(text)]:
        brackets = _brackets(text, start, end)
        led = _LIST.search(text, start, end)
        start = _start(text, start, end)
        for stop in _STOP.finditer(text, start, end):
            place = stop.end()
            inside = bisect_right(brackets, (place, 0)) - 1
            if inside >= 0 and place <= brackets[inside][1]:
                continue
            if led and led.end() <= place and _NEXT_ITEM.match(text, place, end):
                continue
            if _ends_sentence(text, start, stop, end):
                yield place
                start = _start(text, place, end)
        yield end
        start = end


def _start(text: str, place: int, end: int) -> int:
    """The first place from there that is no white space."""
    return _SPACE.match(text, place, end).end()  # type: ignore[union-attr]


def _brackets(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The outermost brackets and quotations of the paragraph, where they open and where they close."""
    spans: list[tuple[int, int]] = []
    opened: list[re.Match[str]] = []
    for bracket in _BRACKET.finditer(text, start, end):
        wanted = _OPENED_BY.get(bracket[0])
        if not wanted:
            opened.append(bracket)
            continue
        for depth in range(len(opened) - 1, max(-1, len(opened) - 1 - _DEEPEST_BRACKET), -1):
            if opened[depth][0] == wanted:
                place = opened[depth].start()
                del opened[depth:]
                if bracket.start() - place <= _LONGEST_BRACKET:
                    while spans and spans[-1][0] > place:
                        spans.pop()
                    spans.append((place, bracket.start()))
                break
    return spans


def _ends_sentence(text: str, start: int, stop: re.Match[str], limit: int) -> bool:
    """Whether the sentence that starts at `start` ends with `stop`, by the words on either side."""
    following = _NEXT.match(text, stop.end(), limit)
    if not following or stop[0][-1] in "?!。！？":
        return True
    if _ITEM.match(following[1]):
        return True
    word = following[1].lstrip(_OPENING)
    if not word or _NO_OPENING.match(text, following.start(1)):
        return False
    capitalised = not word[0].isdigit() and (not word[0].islower() or bool(_COINED.match(word)))
    if not (capitalised or word[0].isdigit()) or not word[0].isalnum():
        return False  # a small letter, a sign
    before = text[max(start, stop.start() - 60) : stop.start()]
    opens = word[1:2] != "." and _NO_LETTER.split(word, maxsplit=1)[0].lower() in _WORDS["openers"]
    return not _NUMBER_OF_ITEM.search(before) and _may_end(before.split(), word, capitalised, capitalised and opens)


def _may_end(before: list[str], word: str, capitalised: bool, opens: bool) -> bool:
    """Whether a full stop between those words and `word` is more than an abbreviation's."""
    last = _BEFORE_WORD.split(before[-1])[-1] if before else ""
    key = last.lower()
    if key in _WORDS["never"]:
        return False
    if key in _WORDS["numbered"]:
        return not _NUMBER.match(word)
    if key in _WORDS["measures"]:
        return capitalised
    if key in _WORDS["shortened"] or _INITIALS.fullmatch(last):
        return opens
    if len(last) == 1 and last.isalpha():
        return capitalised if _named(before[:-1]) else opens
    return True


def _named(before: list[str]) -> bool:
    """Whether a single letter behind those words ends a name or is a unit: "vitamin D", "arms A and B", "20 g"."""
    if before[-2:-1] and before[-1] in ("and", "or"):
        before = before[:-2] if len(before[-2]) == 1 else []
    return bool(before) and (before[-1].lower().rstrip(":") in _WORDS["lettered"] or before[-1][-1].isdigit())
