"""Study design and level of evidence from what the indexers or the title say.

Levels follow the Oxford Centre for Evidence-Based Medicine 2011 table, treatment question (https://www.cebm.ox.ac.uk/resources/
levels-of-evidence/ocebm-levels-of-evidence): 1 systematic review, 2 randomised trial, 3 non-randomised controlled cohort or follow-up study,
4 case series and case-control studies, 5 mechanism-based reasoning, to which opinion, narrative review and animal work are counted here.
Publication types are NLM's (https://www.nlm.nih.gov/mesh/pubtypes.html). A design is read from the title only where the indexers gave
none, or only a weak one ("Comparative Study"), since new records carry no more than "Journal Article".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LEVELS = ("guideline", "1", "2", "3", "4", "5", "registration", "unknown")
"""Levels from the strongest to the weakest, for ranking."""

Design = tuple[str, str]
"""A design in words and its level."""

_LONGEST_TITLE = (
    1000  # characters that are looked at: the words of a design may stand far apart, and each is looked for from each
)
_UNKNOWN: Design = ("unknown", "unknown")

# In order of precedence: a record is the first of these that it is typed as. A case report or a letter that also compares or pools centres
# stays what it is, so those weak types come last.
_TYPES: tuple[tuple[Design, tuple[str, ...]], ...] = (
    (("guideline", "guideline"), ("Practice Guideline", "Guideline")),
    (("trial protocol", "5"), ("Clinical Trial Protocol",)),
    (
        ("animal study", "5"),
        (
            "Randomized Controlled Trial, Veterinary",
            "Clinical Trial, Veterinary",
            "Observational Study, Veterinary",
        ),
    ),
    (("meta-analysis", "1"), ("Meta-Analysis", "Network Meta-Analysis")),
    (("systematic review", "1"), ("Systematic Review",)),
    (
        ("randomised trial", "2"),
        ("Randomized Controlled Trial", "Pragmatic Clinical Trial", "Equivalence Trial"),
    ),
    (("case report", "4"), ("Case Reports",)),
    (
        ("clinical trial", "3"),
        (
            "Controlled Clinical Trial",
            "Adaptive Clinical Trial",
            "Clinical Trial",
            "Clinical Trial, Phase I",
            "Clinical Trial, Phase II",
            "Clinical Trial, Phase III",
            "Clinical Trial, Phase IV",
        ),
    ),
    (("observational study", "3"), ("Observational Study", "Twin Study")),
    (
        ("notice", "5"),
        (
            "Retraction of Publication",
            "Retraction Notice",
            "Published Erratum",
            "Expression of Concern",
        ),
    ),
    (
        ("comment", "5"),
        ("Comment", "Letter", "Editorial", "News", "Newspaper Article", "Interview", "Personal Narrative"),
    ),
)
_WEAK_TYPES: tuple[tuple[Design, tuple[str, ...]], ...] = (
    (("review", "5"), ("Review", "Scoping Review")),
    (("comparative study", "3"), ("Comparative Study", "Multicenter Study", "Clinical Study")),
)

# Also in order of precedence: a design, beginnings of words one of which the lower-cased title must contain (a cheap test) and the pattern that
# then decides. Plural "trials" never makes a trial: it is how reviews and comments speak of them.
_TITLES: tuple[tuple[Design, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (design, words, re.compile(pattern))
    for design, words, pattern in (
        (
            ("notice", "5"),
            ("erratum", "corrigendum", "correction", "retraction", "expression of concern"),
            r"^(?:erratum|corrigendum|corrections?|retraction|expression of concern)(?::| to\b| for\b)",
        ),
        (
            ("comment", "5"),
            ("re:", "repl", "comment", "letter", "editorial", "regarding", "response"),
            r"^(?:re: |reply\b|comment(?:ary)?(?: on\b|:)|letter(?: to\b| by\b|:)|editorial\b|response to: |authors?'?s? (?:reply|response))"
            r"|\bregarding article\b",
        ),
        (
            ("trial protocol", "5"),
            ("protocol", "rationale"),
            r"\b(?:study|trial|review) protocol\b|: (?:a |the )?protocol\b|^protocol (?:for|of)\b"
            r"|\bprotocol (?:for|of) (?:a|an|the) (?:[\w-]+ ){0,6}(?:trial|study|review)\b"
            r"|\brationale and (?:\w+ )?design\b|\bdesign and rationale\b",
        ),
        (
            ("animal study", "5"),
            (
                "in vitro",
                "mice",
                "mouse",
                "rat",
                "murine",
                "porcine",
                "canine",
                "animal",
                "dogs",
                "rabbits",
                "pig",
                "zebrafish",
            ),
            r"\bin vitro\b(?![- ](?:fertili|matur))"
            r"|\b(?:mouse|rat|murine|porcine|canine|animal|zebrafish) (?:models?|study|studies)\b"
            r"|\bin (?:\w+ )?(?:mice|rats|dogs|rabbits|pigs|piglets|zebrafish)\b",
        ),
        (("meta-analysis", "1"), ("meta",), r"\bmeta-?analys[ie]s\b"),
        (("systematic review", "1"), ("review",), r"\b(?:systematic (?:literature )?|cochrane )review\b"),
        (("clinical trial", "3"), ("randomi", "nonrandomi", "quasirandomi"), r"\b(?:non|quasi)-?randomi[sz]ed\b"),
        (("observational study", "3"), ("analys",), r"\b(?:secondary|post[- ]hoc|subgroup) analys[ie]s\b"),
        (("randomised trial", "2"), ("randomi",), r"\brandomi[sz]ed\b[^:;.?]*\b(?:trial|study|comparison)\b"),
        (("case report", "4"), ("case",), r"\bcase (?:report|series)\b|\breport of (?:a|one|two|three|\d+) cases?\b"),
        (("case-control study", "4"), ("case",), r"\bcase-?\s?control(?:led)? (?:study|analysis)\b"),
        (
            ("clinical trial", "3"),
            ("trial", "open-label", "single-arm"),
            r"\b(?:placebo-controlled|double-blind|controlled|multicent(?:er|re)|single-arm|phase \w+|open(?:-label)?)\b[^:;.?]*\btrial\b"
            r"|\b(?:single-arm|open-label) (?:\w+ )?study\b",
        ),
        (
            ("observational study", "3"),
            ("cohort", "study"),
            r"\bcohort\b|\b(?:observational|retrospective|prospective|longitudinal|registry-based|follow-up) (?:\w+ )?study\b",
        ),
        (
            ("review", "5"),
            ("review",),
            r"\b(?:narrative|scoping|literature|state-of-the-art) review\b|: a review\b|^a review of\b",
        ),
    )
)

# The words of all designs in one search, the longest first; half of all titles have none.
_CLUE = re.compile(
    rf"\b(?:{'|'.join(sorted({word for _, words, _ in _TITLES for word in words}, key=len, reverse=True))})"
)
_STRONG, _WEAK = (
    {name: (rank, design) for rank, (design, names) in enumerate(table) for name in names}
    for table in (_TYPES, _WEAK_TYPES)
)


def _by_type(types: Iterable[str], table: Mapping[str, tuple[int, Design]]) -> Design | None:
    found = [table[name] for name in types if name in table]
    return min(found)[1] if found else None


def study_design(publication_types: Iterable[str], title: str) -> Design:
    """The design and its level in `LEVELS`; `("unknown", "unknown")` where neither the types nor the title say.

    Strong publication types decide; then the title, cautiously; then the weak types.
    """
    types = tuple(publication_types)
    if (design := _by_type(types, _STRONG)) is not None:
        return design
    lowered = title[:_LONGEST_TITLE].lower()
    if clues := frozenset(_CLUE.findall(lowered)):
        for design, words, pattern in _TITLES:
            if not clues.isdisjoint(words) and pattern.search(lowered):
                return design
    return _by_type(types, _WEAK) or _UNKNOWN
