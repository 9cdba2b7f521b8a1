"""What was measured first: a span of a text."""

from __future__ import annotations

import re

from assistant.studies.effects import holds_effect

Span = tuple[int, int]

_PRIMARY = re.compile(
    r"\b(?:primary|main|principal|co-?primary) (?:[\w-]+ ){0,3}?(?:outcomes?|end ?points?|end-points?)(?: measures?| variables?)?"
    r"(?: \([^()]{1,60}\))?(?:,? (?:for|of|in|at) (?:the|this|our) [\w ]{2,30}?)?(?: was| were| included|"
    r" is| are|:) (?P<o>[^.;:\n]{4,220}?(?:(?<=\d)\.\d[^.;:\n]*)?)(?=\s?[.;:\n]|$|,? (?:and )?(?:the "
    r"|key )?secondary\b)",
    re.IGNORECASE,
)
_AS_PRIMARY = re.compile(
    r"\b(?:with|using|and) (?P<o>[a-z][^,.;:()\n]{3,90}?) as (?:the |its |our )?primary (?:[\w-]+ )?(?:outcome|end ?point|end-point)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:not |similar|lower|higher|significantly|observed|achieved|met|reached|reduced|improved|increased|"
    r"reported|recorded in|seen|noted|assessed (?:by|at|with|using)|analy[sz]ed|evaluated (?:by|at|"
    r"with)|available|\d|no |also|"
    r"evaluated|collected|less|more|performed|different|comparable|in favou?r|achieved|obtained|compared)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:defined as |considered (?:to be )?|the (?!(?:composite|combined)\b)|measured (?:as|by) |a )", re.IGNORECASE
)

_ASKED = re.compile(
    r"\b(?:do|does|can|will|would|could|is|are|whether)\b[^?]* (?:reduces?|lowers?|decreases?|increases?|"
    r"raises?|improves?|prevents?|affects?|prolongs?|relieves?)"
    r" (?:the )?(?:(?:risks?|rates?|incidence|odds) of )?(?P<o>[^,.;:()?\n]{3,90}?)(?=,? (?:compared|"
    r"versus|vs|than|in|among|with|over|after)\b|\s?[,.;:()?\n]|$)",
    re.IGNORECASE,
)
_BEFORE_EFFECT = re.compile(
    r"(?:\b(?:risks?|rates?|incidence|odds|likelihood|prevalence|frequency|probability) (?:of|for)"
    r" |\b(?:reduced|lowered|decreased|increased|improved|raised|prevented|prolonged|shortened)(?: "
    r"the)? |\b(?:reductions?|differences?|increases?|decreases?|improvements?) in )"
    r"(?P<o>[^.;:()\n\d]{3,90}?)(?=,? (?:compared|versus|vs|than|in|among|by|with|at|over|during|after|"
    r"between|for|from|was|were|did|when|as|relative)\b|\s?[,;:(\d]|$)",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\)(?:, and|,| and) (?P<o>(?!in |for |with |to |the risk)[a-z][^,.;:()\d]{3,50}?) \($", re.IGNORECASE
)
_P_VALUE = re.compile(r"\b[Pp]\s?[<=>≤]")
_TOO_LITTLE = re.compile(
    r"^(?:the|a|this|that|these|those|both|all|an?y|it|risk|rates?|treatment|group|groups|events?)$", re.IGNORECASE
)


def find_primary(text: str) -> Span | None:
    """What a sentence names as the primary outcome; `None` where it only says how that one turned out."""
    for match in _PRIMARY.finditer(text):
        start, end = match.span("o")
        if _BARE.match(match["o"]):
            continue
        while lead := _LEAD.match(text[start:end]):
            start += lead.end()
        return start, start + len(text[start:end].rstrip(" ,"))
    named = _AS_PRIMARY.search(text)
    return named.span("o") if named else None


def find_asked(text: str) -> Span | None:
    """What a question asks after: "does A reduce death from stroke?"."""
    match = _ASKED.search(text)
    return match.span("o") if match else None


def find_outcome_before(text: str, effect: int) -> Span | None:
    """What an effect that begins at this character is said of: "reduced the rate of stroke (hazard ratio …"; the last such words before it."""
    before = text[:effect]
    listed = _LISTED.search(before)
    found = (
        [listed] if listed else [m for m in _BEFORE_EFFECT.finditer(before) if not _TOO_LITTLE.match(m["o"].strip())]
    )
    if found and _P_VALUE.search(before[found[-1].end("o") :]):
        return None
    if not found or holds_effect(
        before[found[-1].end("o") :]
    ):  # the effect between is that outcome's, and this one another's
        return None
    start, end = found[-1].span("o")
    return start, start + len(text[start:end].rstrip(" ,"))
