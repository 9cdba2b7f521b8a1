"""What sort of query it is: a question, a claim, keywords and a patient's description are searched for in different ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from indexes.lexical import stopwords
from indexes.passage import Facets, Sex


class QueryKind(StrEnum):
    """The sorts of queries that are told apart."""

    QUESTION = "question"
    CLAIM = "claim"
    KEYWORDS = "keywords"
    PATIENT = "patient"


_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASKS = re.compile(
    r"\s*(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|can|could|should|would|will|may|might|must|has|have|had)\b",
    re.IGNORECASE,
)
_KEYWORDS = 8  # words at most; more are a sentence even where it has no small words
_DESCRIPTION = 15  # words at least, where an age and a person are named
_CASE = 40  # words, from which on a text that asks nothing tells a case and claims no single thing
_UNITS = {"y": 1.0, "m": 1 / 12, "w": 1 / 52, "d": 1 / 365}
# "58F" opens a description or follows an article; "102 F" elsewhere is a fever, and "50 m" is how far a patient walks.
_OPENING, _NO_FEVER = r"(?:^\s*|\ban?\s+)", r"\b(?!\s+(?:fever|temp))"
_AGE = re.compile(
    r"(?<![\d.])(\d{1,3}(?:\.\d+)?)[\s-]*(?:(y)(?:ears?|rs?)?|(m)(?:onths?|os?)|(w)(?:eeks?|ks?)|(d)ays?)[\s-]*(?:olds?|of age)\b"
    rf"|\b(\d{{1,3}})\s?(?:yo|y\.o\.|y/o)(?!\w)|{_OPENING}(\d{{1,3}})[ -]?(?-i:[FM]){_NO_FEVER}",
    re.IGNORECASE,
)
# Nouns tell before pronouns do: in "her 60-year-old husband" the patient is the husband.
_SEX = re.compile(
    r"\b(?:(wom[ae]n|females?|girls?|lady|mother|wife|pregnant)|(m[ae]n|males?|boys?|gentleman|father|husband))\b"
    rf"|(?:\b\d{{1,3}}\s?(?:yo|y/o)|{_OPENING}\d{{1,3}})[ -]?(?-i:(F)|(M)){_NO_FEVER}",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:(she|her|hers)|(he|his|him))\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:patients?|wom[ae]n|m[ae]n|boy|girl|infant|newborn|child|female|male|lady|gentleman|presents?|admitted|complain\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Patient:
    """What a description says of the patient that trials ask for: age in years, sex. `None`: not said."""

    age: float | None = None
    sex: Sex | None = None

    def may_enter(self, facets: Facets) -> bool:
        """Whether a trial's limits of age and sex let this patient in; what either does not say keeps nobody out."""
        if self.sex and facets.sex and facets.sex not in {self.sex, Sex.ALL}:
            return False
        if self.age is None:
            return True
        low, high = facets.min_age, facets.max_age
        return (low is None or self.age >= low) and (high is None or self.age <= high)


def kind_of(query: str) -> QueryKind:
    """The sort of a query, by its form alone."""
    words = _WORD.findall(query)
    if len(words) >= _DESCRIPTION and _AGE.search(query) and _PERSON.search(query):
        return QueryKind.PATIENT
    if query.rstrip().endswith("?") or _ASKS.match(query):
        return QueryKind.QUESTION
    if len(words) >= _CASE:
        return QueryKind.PATIENT
    if len(words) <= _KEYWORDS and stopwords().isdisjoint(map(str.lower, words)):
        return QueryKind.KEYWORDS
    return QueryKind.CLAIM


def patient_in(description: str) -> Patient:
    """The patient of a description: of two ages, and of two sexes, the one named first counts."""
    age = None
    if match := _AGE.search(description):
        number, *units, plain, lettered = match.groups()
        unit = next(filter(None, units), "y").lower()
        age = float(number or plain or lettered) * _UNITS[unit]
    sex = None
    if match := _SEX.search(description) or _PRONOUN.search(description):
        female = match.group(1) or (match.re is _SEX and match.group(3))
        sex = Sex.FEMALE if female else Sex.MALE
    return Patient(age, sex)
