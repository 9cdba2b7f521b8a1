"""Which stretch of a guideline is a recommendation, and the grade printed with it.

Grades are returned as printed, white space apart; nothing is translated between systems, because "strong" of GRADE, "Class 1" of ACC/AHA and "A" of
the USPSTF do not mean the same. Wordings follow the bodies' own manuals: USPSTF grade definitions (2012), GRADE guidance 15 (Andrews 2013), the
ACC/AHA class and level table (2019), ACIP categories as used in CDC's opioid guideline (2022), KDIGO nomenclature, and NICE PMG20 chapter 9.
"""

from __future__ import annotations

import re

from indexes.passage import Role

SEVERAL = "; "
"""What joins the grades of a text that prints several."""
_LEVEL = r"(?:very[ -]low|low|moderate|high)"
_CERTAINTY = (
    rf"{_LEVEL}(?:(?: ?[-–] ?| |- )(?:to|or)?(?: |-)?{_LEVEL})?[ -]"
    r"(?:certainty|quality|confidence)(?:[ -](?:of |in )?(?:the )?(?:evidence|effect)s?)?"
)
_STRENGTH = r"(?:strong|conditional|weak|discretionary)"
_DIRECTION = r"(?: (?:for|against)(?: the (?:intervention|comparison|comparator|option|alternative))?)?"
_CIRCLES = rf"⊕{{1,4}}[◯○⊖⊝O]{{0,3}}(?:,? (?:{_CERTAINTY}|{_LEVEL})\b| ?\((?:{_CERTAINTY}|{_LEVEL})\))?"
_RATED = rf"(?:certainty|quality)(?: of (?:the )?evidence)?: ?{_LEVEL}"
_NAMED_STRENGTH = rf"strength of (?:the )?recommendation:? {_STRENGTH}"
_CLASS = r"(?:class(?: of recommendation)?|COR):? ?(?:III|II[ab]?|I|1|2[ab]?|3)(?:: ?(?:no benefit|harm))?(?: \((?:strong|moderate|weak)\))?"
_LOE = r"(?:level of evidence|LOE|level)[: ]*(?:A|B-?N?R?|C-?(?:LD|EO)?)"
# Oxford's levels with the grade they lead to, as in "level of evidence 1a, grade A"; a level alone is no grade of a recommendation.
_OXFORD_LEVEL = r"(?:level of evidence|evidence level|oxford level|level|LOE|LE|EL)[: ]*[1-5](?:[abc]|\+\+?|[-−–])?"
_OXFORD_GRADE = r"(?:grade(?: of recommendation)?|strength of recommendation|GoR|GR)[: ]*[ABCD]"

# Each pattern's first group is the grade as printed. Letters need their system's brackets or phrase: "grade B oesophagitis" and
# "a recommendation" are ordinary prose. No pattern nests unbounded repeats.
_GRADES = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"[(\[](grade:? ?[ABCDI])(?: (?:recommendation|statement))?[)\]]", re.IGNORECASE),
        (r"\b(grade:? [ABCDI] (?:recommendation|statement))\b", re.IGNORECASE),
        (r"\b((?i:recommendation grade|grade of (?:the )?recommendation):? [ABCDI])\b(?![-–’'])", 0),
        (r"^(grade:? [ABCDI])[.;:]?$", re.IGNORECASE),
        (r"(?:^|(?<=[.;:)] ))(Grade: [ABCDI])\b(?!-| [a-z])", 0),
        (r"[(\[]([ABCDI] (?:recommendation|statement))[)\]]", 0),
        (r"(?:\ban? |[.;:—–] )([ABCDI] (?:recommendation|statement))(?=[.;,)]|$)", 0),
        (r"[(\[](\b(?:(?i:grade) )?[12][ABCD]|(?i:not graded))[)\]]", 0),
        (rf"[(\[]([12] ?[|,;:] ?{_CIRCLES})[)\]]", re.IGNORECASE),
        (rf"[(\[]({_STRENGTH}, ?{_LEVEL})[)\]]", re.IGNORECASE),
        (rf"\b({_STRENGTH} recommendation{_DIRECTION}[.,;:]? (?:\(?{_CIRCLES}|{_RATED}))", re.IGNORECASE),
        (rf"\b({_NAMED_STRENGTH}[.,;|] ?{_RATED}|{_RATED}[.,;|] ?{_NAMED_STRENGTH})\b", re.IGNORECASE),
        (rf"[(\[](recommendation: {_STRENGTH}[,;] {_RATED})[)\]]", re.IGNORECASE),
        (
            rf"\b({_STRENGTH} recommendation{_DIRECTION}(?:[,;:]| with| based on|[ ]?[(–-]) ?{_CERTAINTY})",
            re.IGNORECASE,
        ),
        (rf"\b({_CERTAINTY}[,;] {_STRENGTH} recommendation{_DIRECTION})", re.IGNORECASE),
        (rf"\b({_STRENGTH} recommendation{_DIRECTION},? based on expert (?:consensus|opinion))\b", re.IGNORECASE),
        (rf"[(\[]({_STRENGTH} recommendation{_DIRECTION})[)\]]", re.IGNORECASE),
        (rf"^({_STRENGTH} recommendation{_DIRECTION})[.;:]?$", re.IGNORECASE),
        (rf"\b({_NAMED_STRENGTH})\b", re.IGNORECASE),
        (r"[(\[]((?:ungraded )?(?:good|best) practice (?:statement|point))[)\]]", re.IGNORECASE),
        (rf"[(\[]({_OXFORD_LEVEL}[,;/] ?{_OXFORD_GRADE}|{_OXFORD_GRADE}[,;/] ?{_OXFORD_LEVEL})[)\]]", re.IGNORECASE),
        (rf"\b({_CLASS}(?:[,;)]| and)? \(?{_LOE})(?![\w-])", re.IGNORECASE),
        (r"\b(recommendation category:? [AB][,;:]? ?(?:and )?evidence type:? [1-4])\b", re.IGNORECASE),
    )
)
_NICE = re.compile(
    r"^(?:\d+(?:\.\d+)* )?((?:do not |don't )(?:routinely )?(?:offer|consider|use)|offer|consider)\b", re.IGNORECASE
)
_GRADE_ONLY = re.compile(
    rf"^[(\[]?(?:{_STRENGTH} (?:\S{{1,20}} ){{0,2}}recommendation|strength of (?:the )?recommendation|recommendation category|"
    rf"(?:good|best) practice (?:statement|point)|grade:? [ABCDI][.)\]]*$|(?:certainty|quality) of (?:the )?evidence:|{_CERTAINTY})",
    re.IGNORECASE,
)
_ADVERB = r"(?:strongly |conditionally |not )?"
_RECOMMENDING = re.compile(
    rf"\b(?:recommends?|suggests?|advises?|(?:is|are|be) {_ADVERB}(?:recommended|suggested|advised|indicated|contraindicated|offered)|"
    r"should|must|may be (?:offered|used|considered)|do not|offer|consider|advise|avoid)\b",
    re.IGNORECASE,
)
_BODIES = r"(?:WHO|USPSTF|NICE|CDC|GDG|panel|committee|task force|society|college|we)"
_ISSUED = re.compile(rf"\b{_BODIES} {_ADVERB}(?:recommends?|suggests?)\b", re.IGNORECASE)
_IMPERATIVE = re.compile(
    r"^(?:[•–-] )?(?:\(?\d{1,2}(?:\.\d+)*[a-z]?[.)]? )?(?:advise|offer|consider|do not|avoid|use|give|provide|refer|screen|prescribe|"
    r"start|stop|monitor|discuss|assess|when|for)\b",
    re.IGNORECASE,
)

# The label of a box that lists treatments to choose from: "Recommended Regimens", a line each below it.
_REGIMENS = re.compile(r"^(?:recommended|alternative|preferred) (?:\w+ ){0,2}regimens?\b[^\n]{0,100}\n", re.IGNORECASE)

# What other bodies recommend, this one once recommended, or should be studied: never this document's recommendation, whatever grade it bears.
_OF_OTHERS = re.compile(
    r"\b(?:research|other organi[sz]ations?['’]?|others['’]?|other related|previous|update of|future) (?:\w+ ){0,3}recommendations?\b|"
    r"\brecommendations? (?:of|from|by) other",
    re.IGNORECASE,
)
# The first that fits a heading decides; a heading that fits none leaves the word to the one above it.
_HEADINGS: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE) if isinstance(pattern, str) else pattern, role)
    for pattern, role in (
        (
            r"\b(?:strength|grading|grades?|interpret\w*|formulat\w*|categor\w+|definitions?) (?:\w+ ){0,3}recommendations?\b",
            Role.METHOD,
        ),
        (r"\bevidence to (?:decision|recommendation)", Role.BACKGROUND),
        (_OF_OTHERS, Role.BODY),
        (
            r"\b(?:full|final) recommendation\b|\brecommendation information\b",
            Role.BODY,
        ),  # the whole statement, not its advice
        (
            r"\b(?:rationale|justification|supporting evidence|evidence|background|introduction|why|epidemiology|burden|benefits? and harms?)\b",
            Role.BACKGROUND,
        ),
        (r"\brecommend(?:ations?|ed)\b", Role.RECOMMENDATION),
        (r"\bconclusions?\b", Role.CONCLUSION),
        (
            r"\b(?:summary|synopsis|abstract|key (?:messages|points|facts)|at a glance|highlights)\b",
            Role.SUMMARY,
        ),
        (r"\b(?:methods?|methodology|search strategy|guideline development)\b", Role.METHOD),
        (
            r"\b(?:in practice|implementation|considerations?|remarks?|research (?:needs|gaps|priorities)|glossary|annex|appendix|"
            r"acknowledge?ments)\b",
            Role.BODY,
        ),
    )
)


def grade_of(text: str, publisher: str = "") -> str | None:
    """The grade printed in `text`, verbatim but for white space; several different ones are joined by "; "; `None` where there is none.

    NICE grades by wording (offer / consider / do not offer): that counts only where NICE is the publisher, since others offer and consider too.
    """
    flat = " ".join(text.split())
    matches = {(match.start(1), match.end(1)) for pattern in _GRADES for match in pattern.finditer(flat)}
    found = sorted(matches, key=lambda place: (place[0], -place[1]))  # the longest first: strength with certainty
    grades: list[str] = []
    reached = 0
    for start, end in found:
        if start >= reached and flat[start:end].casefold() not in map(str.casefold, grades):
            grades.append(flat[start:end])
            reached = end
    if not grades and publisher.strip().upper() == "NICE" and (nice := _NICE.match(flat)):
        return nice[1]
    return SEVERAL.join(grades) or None


def only_grades(text: str) -> bool:
    """Whether `text` says nothing but a grade, and so belongs to the recommendation before it."""
    return len(text) < 220 and _GRADE_ONLY.match(" ".join(text.split())) is not None and not _ISSUED.search(text)


def labels_recommendation(text: str) -> bool:
    """Whether `text` is the label over a recommendation's box: "Strong recommendation against"."""
    return (
        len(text) < 60
        and re.match(rf"^{_STRENGTH} recommendation{_DIRECTION}$", text.strip(), re.IGNORECASE) is not None
    )


def recommends(text: str) -> bool:
    """Whether `text` is worded as advice."""
    return _RECOMMENDING.search(text) is not None


def issues_recommendation(text: str) -> bool:
    """Whether `text` speaks as an issuing body: "WHO recommends …", "the panel suggests …"."""
    return _ISSUED.search(text) is not None


def heading_role(path: tuple[str, ...]) -> Role:
    """What stands under a heading path: the deepest heading with a known meaning decides, `BODY` where none has one."""
    return _deciding(path)[1]


def _deciding(path: tuple[str, ...]) -> tuple[re.Pattern[str] | None, Role]:
    for heading in reversed(path):
        for pattern, role in _HEADINGS:
            if pattern.search(heading):
                return pattern, role
    return None, Role.BODY


def classify(text: str, path: tuple[str, ...], *, publisher: str = "", strict: bool = False) -> tuple[Role, str | None]:
    """The role and grade of one paragraph, list item or table row under `path`.

    Under a recommendations heading everything is a recommendation. `strict`, for sources whose headings are guessed from the layout and whose chapter
    of recommendations holds their reasons too, asks besides for a grade or for advising words: any where that heading is the nearest, else an
    imperative or an issuing body's. Elsewhere what carries a grade is a recommendation too (with `strict`, if it advises), but not under a
    heading of what others recommend. A box of regimens is one everywhere else.
    """
    (heading, role), grade = _deciding(path), grade_of(text, publisher)
    if heading is _OF_OTHERS:
        return role, None
    if _REGIMENS.match(text):
        return Role.RECOMMENDATION, grade
    if role is Role.RECOMMENDATION and strict and grade is None:
        advises = (
            recommends(text)
            if heading_role(path[-1:]) is Role.RECOMMENDATION
            else recommends(text) and _IMPERATIVE.match(text)
        )
        if not advises and not issues_recommendation(text):
            return Role.BODY, None
    if role is Role.RECOMMENDATION:
        return role, grade
    if grade is not None and role is not Role.METHOD and (recommends(text) or not strict):
        return Role.RECOMMENDATION, grade
    return role, None
