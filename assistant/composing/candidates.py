"""Candidate sentences: whole sentences of the passages found, each with what it does in its document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.advisers import is_former
from assistant.composing.leaning import lacks_subject
from assistant.evidence import grade_cited, lowest_first
from assistant.planning.terms import drugs_in
from indexes.passage import Hit, Kind, Part, Role
from ingestion.sentences import sentence_spans
from ingestion.sources.recommendations import grade_of, recommends

MIN_WORDS, MAX_WORDS = 6, 90
_ENDINGS = (".", "!", ")", "]", '."', ".”", ".’")
_LAYOUT = re.compile(r"[\n|•●▪]|\s[o–]\s(?=[A-Z])")  # what tables and lists leave behind
_BULLETS = re.compile(r"(?:[-–*]\s+)*(?:\d{1,2}[.)]\s+(?=[A-Z]))?")
_WORD = re.compile(r"[^\W\d_][^\W_]{3,}")
_TITLED = 0.7  # the share of longer words with a capital from which on a line is a heading
_CELL = re.compile(r"[^|]+")
_REFERENCES = re.compile(  # behind a full stop; ".5" behind a figure is none
    r"(?:(?<=[^\d][.!”’)])\s?[\d¹²³⁰⁴-⁹]|(?<=[.!”’)])[¹²³⁰⁴-⁹])[\d¹²³⁰⁴-⁹,–⁻-]{0,30}$"
)
_ORDERS = re.compile(
    r"(?:do|screen|offer|give|use|start|stop|avoid|consider|treat|test|refer|provide|prescribe|advise|monitor|assess|vaccinate|discontinue)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(("von", "van", "de", "di", "la"))

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
_LOOKED_AT = re.compile(
    r"(?:\b(?:USPSTF|task force|panel) (?:\([^)]{1,40}\) )?(?:also )?"
    r"(?:commissioned (?:an?|the)|(?:assessed|examined|evaluated|reviewed|sought) (?:the|evidence|for))"
    r"|\b(?:studies|trials|RCTs) (?:\([^)]{1,40}\) )?reported on)\b(?!.{0,200}\b(?:found|concluded|showed|issued|recommend\w*)\b)",
    re.IGNORECASE,
)
_ABOUT_LOOKING = re.compile(
    r"\b(?:review|commission|evidence|assess|stud(?:y|ies)|updat|evaluat|examin|trial)", re.IGNORECASE
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
    """A sentence that might be quoted; `start` and `end` count characters in the hit's passage.

    `leans`: it needs its neighbour to be understood. `former`: it tells what was once advised (`advisers.py`). `listed`: it is no sentence but a
    whole list, `item`: one line of a list (`lists.py`).
    """

    hit: Hit
    start: int
    end: int
    role: Role
    leans: bool
    former: bool = False
    listed: bool = False
    item: bool = False

    @property
    def grade(self) -> str | None:
        """The grade of what the sentence recommends."""
        return grade_cited(self.hit.passage, self.start, self.text)

    @property
    def row(self) -> str:
        """The whole recommendation that the sentence is of, for whom it is for included; empty where it is of none."""
        part = self.hit.passage.part_at(self.start)
        return (
            f"{part.population or ''} . {self.hit.passage.text[part.start : part.end]}"
            if self.role is Role.RECOMMENDATION
            else ""
        )

    @property
    def headings(self) -> str:
        """The title and the headings that the sentence stands under, and whom a recommendation is for."""
        passage = self.hit.passage
        part = passage.part_at(self.start)
        return " . ".join(
            (passage.title, *passage.section, part.heading, *([part.population] if part.population else []))
        )

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.text[self.start : self.end]

    @property
    def lowest_first(self) -> tuple[str, ...]:
        """The headings that it stands under, from the lowest up, without the title."""
        return lowest_first(self.hit.passage, self.hit.passage.part_at(self.start))

    @property
    def meant(self) -> str:
        """What is compared with the question: of a list, whose items do not say what they are of, its headings too."""
        return f"{self.headings}\n{self.text}" if self.listed or self.item else self.text


def candidates(hits: Sequence[Hit]) -> Iterator[Candidate]:
    """The quotable sentences of the hits: not questions, not fragments, not overlong."""
    for hit in hits:
        passage = hit.passage
        spans = [span for part in _stretches(passage.text, hit) for span in part]
        former = False
        for number, (begin, end) in enumerate(spans):
            bullets = _BULLETS.match(passage.text, begin, end)
            start = bullets.end() if bullets else begin  # a list's mark or number is no part of what it says
            text, part = passage.text[start:end], passage.part_at(start)
            role = part.role
            former = passage.kind is Kind.GUIDELINE and is_former(
                text, passage.year, after_former=former and begin > part.start
            )
            if text == part.population or not _is_sentence(text, role, listed=start > begin):
                continue
            # The last sentence of an abstract concludes; that of a guideline's passage is only where it was cut.
            abstract = passage.kind is not Kind.GUIDELINE
            if role is Role.BODY and abstract and len(spans) > 2 and number == len(spans) - 1:
                role = role_of(text, role, otherwise=Role.CONCLUSION)
            else:
                role = role_of(text, role)
            leans = bool(_LEANS.match(text) or _COMPARES_UNNAMED.search(text) or lacks_subject(text))
            yield Candidate(hit, start, end, role, leans, former)


def _is_sentence(text: str, role: Role, *, listed: bool) -> bool:
    """Whether it can be quoted by itself: no question, fragment, table row, list, heading or notice to the reader.

    Recommendations and criteria often lack the capital and the stop, what is `listed` the capital.
    """
    text = without_references(text)
    if not MIN_WORDS <= len(text.split()) <= MAX_WORDS or text.startswith("(") or _LAYOUT.search(text):
        return False
    if is_titled(text) or is_notice(text):
        return False
    if role in {Role.RECOMMENDATION, Role.ELIGIBILITY}:
        return not text.endswith(("?", ":"))
    return text.endswith(_ENDINGS) and (listed or not _is_a_rest(text))


def without_references(text: str) -> str:
    """The sentence without the references behind its full stop."""
    return _REFERENCES.sub("", text)


def is_titled(text: str) -> bool:
    """Whether most words have capitals, and no full stop ends them: a heading, or links in a row. Advice may name many things with capitals."""
    words = _WORD.findall(text)
    return (
        not text.endswith((".", "!"))
        and not (recommends(text) or _ORDERS.match(text))
        and len(words) > 2
        and sum(word[0].isupper() for word in words) >= _TITLED * len(words)
    )


def _is_a_rest(text: str) -> bool:
    """Whether it begins in the middle of a sentence, as what stands behind a page's end does. A word such as mRNA may begin one."""
    first = text.split(maxsplit=1)[0]
    return first.isalpha() and first.islower() and len(first) > 1 and first not in _PARTICLES and not drugs_in(first)


def only_looked_at(text: str, question: str) -> bool:
    """Whether it tells what a body or studies looked at, not what was found, and the question does not ask for that."""
    return _LOOKED_AT.search(text) is not None and _ABOUT_LOOKING.search(question) is None


def is_notice(text: str) -> bool:
    """Whether it speaks to the reader of the document and not of its matter."""
    return any(notice.search(text) for notice in _notices())


@cache
def _notices() -> tuple[re.Pattern[str], ...]:
    lines = files(__package__).joinpath("notices.txt").read_text(encoding="utf-8").splitlines()
    return tuple(re.compile(line, re.IGNORECASE) for line in lines if line and not line.startswith("#"))


def _stretches(text: str, hit: Hit) -> Iterator[list[tuple[int, int]]]:
    """Sentence spans part by part, so that none crosses from one section into the next; of a row of graded advice cell by cell."""
    for part in hit.passage.parts or (hit.passage.part_at(0),):
        pieces = [(part.start, part.end)]
        if part.role is Role.RECOMMENDATION and part.grade:
            pieces = _advising(text, part) or pieces
        yield [(start + a, start + b) for start, end in pieces for a, b in sentence_spans(text[start:end])]


def _advising(text: str, part: Part) -> list[tuple[int, int]]:
    """The cell of a graded row that advises; none where another cell says more than for whom and with what grade: that may be a condition."""
    cells = [match.span() for match in _CELL.finditer(text, part.start, part.end)]
    known = {_plain(part.population or ""), *map(_plain, (part.grade or "").split(", "))}
    left = [
        cell for cell in cells if _plain(text[slice(*cell)]) not in known and grade_of(text[slice(*cell)]) != part.grade
    ]
    return left if len(cells) > 1 and len(left) == 1 else []


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


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
