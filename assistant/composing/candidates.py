"""Candidate sentences: whole sentences of the passages found, each with what it does in its document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexes.passage import Hit, Role
from ingestion.sentences import sentence_spans

MIN_WORDS, MAX_WORDS = 6, 90
_ENDINGS = (".", "!", ")", "]", '."', ".”", ".’")
_LAYOUT = re.compile(r"[\n|•●▪]|\s[o–]\s(?=[A-Z])")  # what tables and lists leave behind

_CONCLUDES = re.compile(
    r"\b(in conclusion|we conclude|conclude that|(?:these|our) (?:results|findings|data) (?:suggest|indicate|show)"
    r"|should be|is recommended|are recommended)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"(\d\s?%|\bp\s?[<=>]|\bCI\b|confidence interval|hazard ratio|odds ratio|relative risk|significant)", re.IGNORECASE
)
_SETS_OUT = re.compile(
    r"\b(aims?|objective|purpose|hypothes\w+|we (?:investigated|examined|assessed|evaluated|aimed|sought|compared|studied)"
    r"|(?:trial|study|analysis|review) (?:asked|compared|tested|examined|evaluated|assessed|enrolled|randomi[sz]ed)"
    r"|was to|were to|(?:is|remains?) (?:unclear|unknown)|not known whether)\b",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"^(?:this|these|those|it|its|they|their|he|she|such|both|the former|the latter|however|moreover|furthermore|thus|therefore"
    r"|in addition|also|similarly|conversely|but|and|or)\b",
    re.IGNORECASE,
)
_COMPARES_UNNAMED = re.compile(
    r"\b(?:of the two|the other (?:group|arm|drug)|either (?:group|arm)|(?:between|in both|the two) groups)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that might be quoted; `start` and `end` count characters in the hit's passage. `leans`: it needs its neighbour to be understood."""

    hit: Hit
    start: int
    end: int
    role: Role
    leans: bool

    @property
    def headings(self) -> str:
        """The title and the headings that the sentence stands under."""
        passage = self.hit.passage
        return " . ".join((passage.title, *passage.section, passage.part_at(self.start).heading))

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.text[self.start : self.end]


def candidates(hits: Sequence[Hit]) -> Iterator[Candidate]:
    """The quotable sentences of the hits: not questions, not fragments, not overlong."""
    for hit in hits:
        passage = hit.passage
        spans = [span for part in _stretches(passage.text, hit) for span in part]
        for number, (start, end) in enumerate(spans):
            text = passage.text[start:end]
            role = passage.part_at(start).role
            if not _is_sentence(text, role):
                continue
            if role is Role.BODY and len(spans) > 2 and number == len(spans) - 1:
                role = role_of(text, role, otherwise=Role.CONCLUSION)
            else:
                role = role_of(text, role)
            yield Candidate(hit, start, end, role, bool(_LEANS.match(text) or _COMPARES_UNNAMED.search(text)))


def _is_sentence(text: str, role: Role) -> bool:
    """Whether it can be quoted by itself: no question, fragment, table row, list or heading. Recommendations and criteria often lack the stop."""
    if not MIN_WORDS <= len(text.split()) <= MAX_WORDS or text.startswith("(") or _LAYOUT.search(text):
        return False
    if role in {Role.RECOMMENDATION, Role.ELIGIBILITY}:
        return not text.endswith(("?", ":"))
    return text.endswith(_ENDINGS)


def _stretches(text: str, hit: Hit) -> Iterator[list[tuple[int, int]]]:
    """Sentence spans part by part, so that none crosses from one section into the next."""
    for part in hit.passage.parts or (hit.passage.part_at(0),):
        yield [(part.start + a, part.start + b) for a, b in sentence_spans(text[part.start : part.end])]


def role_of(text: str, role: Role, *, otherwise: Role = Role.BODY) -> Role:
    """The role; where the source tells none, a cautious guess by the phrases in which papers aim, report and conclude."""
    if role is not Role.BODY:
        return role
    if _SETS_OUT.search(text):
        return Role.BACKGROUND
    if _CONCLUDES.search(text):
        return Role.CONCLUSION
    if _REPORTS.search(text):
        return Role.RESULT
    return otherwise
