"""What was compared with what: spans of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.studies.words import words

Span = tuple[int, int]

_THING = r"(?:[^,;.:()\n]|(?<=\d)[.,](?=\d)|\([^()]{1,40}\)(?= (?:or|versus|vs|compared|and|plus|\d|alone|daily|once|twice)))"
_END = rf"(?=,? {words('arm_end')}\b|\s?(?:[;:()?\n]|[.,](?!\d))|$)"
_RECEIVE = (
    r"(?:(?:receive|take|have|undergo|use|begin|start|continue|treatment with|therapy with|one of "
    r"(?:two|three)[\w ]{0,20}:?) )?(?:(?:either|oral|daily) (?=\w))?(?:receive |with )?"
)
_VERSUS = r"(?:versus|vs\.?|compared (?:with|to|against)|in comparison (?:with|to))"
_OR = rf"(?:{_VERSUS}|or matching|or|rather than)"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # randomised to receive A or B
        rf"\b(?:randomi[sz]ed|assigned|allocated)\b(?:[^.;:]|(?<=\d)[.:](?=\d)){{0,240}}?(?<!up),? to {_RECEIVE}(?P<a>{_THING}{{2,90}}?)"
        rf"(?: \((?:[^()]{{1,60}})\))?(?: with [\w -]{{2,30}})?,? {_OR} (?:to )?(?P<b>{_THING}{{2,90}}?)"
        rf"{_END}",
        # randomly assigned A or B
        rf"\brandomly (?:assigned|allocated) (?!to\b)(?P<a>{_THING}{{2,60}}?)(?: \((?:[^()]{{1,30}})\))? or (?P<b>{_THING}{{2,60}}?){_END}",
        # comparing A with B
        rf"\b(?:compar(?:e|ed|ing|es)(?! (?:with|to|favou?rabl\w+|well)\b)|comparison of|comparisons between)"
        rf" (?:the )?(?:(?:[\w-]+ ){{0,3}}(?:efficacy|effectiveness|effects?|safety|outcomes?|benefits?|"
        rf"risks?)(?: and [\w-]+)? of )?"
        rf"(?P<a>{_THING}{{2,80}}?) (?:with|to|versus|vs\.?|against|and) (?P<b>{_THING}{{2,80}}?){_END}",
        # the effect of A versus B
        rf"\b(?:efficacy|effectiveness|effects?|safety|benefits?|use|superiority|non-?inferiority|tolerability|"
        rf"role|addition) of (?P<a>{_THING}{{2,80}}?),? {_VERSUS} (?P<b>{_THING}{{2,80}}?){_END}",
        # A was compared with B
        rf"(?:^|[,;] |\bthen |\band )(?P<a>{_THING}{{2,80}}?) (?:was|were|is) compared (?:with|to|against) (?P<b>{_THING}{{2,80}}?){_END}",
        # a placebo-controlled trial of A
        rf"\b(?P<b>placebo)-controlled (?:[\w-]+ ){{0,4}}(?:trials?|study|studies) (?:of|with|comparing) (?P<a>{_THING}{{2,60}}?){_END}",
        # A versus B, a few words each
        rf"(?:^|\b(?:of|for|with|between|whether|that|receiving|given|does|do|is|are|can|should) )(?P<a>[^\W\d_]"
        rf"[\w/-]*(?: (?!for |of |in |with |and )[\w/-]+){{0,3}}) (?:versus|vs\.?) (?P<b>[^\W\d_][\w/-]*(?: [\w/-]+){{0,4}}?){_END}",
    )
)
_ALONE = re.compile(
    rf"\b(?:efficacy|effectiveness|effects?|safety|benefits?|impact|role) (?:and (?:safety|efficacy|"
    rf"tolerability|side effects) )?of (?P<a>{_THING}{{2,80}}?){_END}",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    rf"\bwhether (?:treatment with |the (?:use|addition) of |adding )?(?P<a>{_THING}{{2,80}}?) (?:\([^()"
    rf"]{{1,30}}\) )?(?:reduces?|improves?|lowers?|prevents?|increases?|decreases?|is|are|"
    rf"(?:can|could|would|may|might) (?:reduce|improve|lower|prevent|increase|decrease))\b",
    re.IGNORECASE,
)
_NO_ARM = re.compile(
    r"^(?:with|to|by|in|as|of|on|than|from|at|[\w-]+ly|an? [\w-]+|\d+ [\w-]+)$|^(?:with|by|in|as|of|on|than|at) "
    r"|^(?:a|an|the|this|these|those|two|three|four|both|each|other|groups?|arms?|treatments?|it|them|"
    r"they|we|baseline|results|outcomes?|patients|participants|subjects|women|men|people|adults|children|"
    r"controls? groups?|intervention groups?|either|and|or|receive|each other|one another|those|trials?|"
    r"studies|study|randomi[sz]ed|percent|\d+%?|no significant|time|more|less|effects?|rates?|risk|"
    r"incidence)$"
    r"|\b(?:patients|participants|subjects|trials|those|rates? of|risks? of|incidence|changes?|outcomes?|"
    r"differences?|mortality|survival|who|means|scores|data|studies)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:then |that of |the (?:effects?|efficacy|addition|use) of |treatment with |therapy with |"
    r"either |receive |both |a regimen of |a strategy of |the )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Arms:
    """Spans of what was given and of what it was compared with; `None` where the text does not say."""

    intervention: Span | None
    comparator: Span | None


def find_arms(text: str) -> Arms | None:
    """What a sentence says was compared with what; `None` where it says nothing of it."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            a, b = _thing(text, match.span("a")), _thing(text, match.span("b"))
            if a and b and text[slice(*a)].lower() != text[slice(*b)].lower():
                return Arms(a, b)
    return None


def find_intervention(text: str) -> Span | None:
    """What was studied where nothing is named that it was compared with: "the effect of A on …", "whether A reduces …"."""
    for pattern in (_ALONE, _WHETHER):
        for match in pattern.finditer(text):
            if found := _thing(text, match.span("a")):
                return found
    return None


def _thing(text: str, span: Span) -> Span | None:
    """The span without what leads to the thing; `None` where it names none."""
    start, end = span
    while lead := _LEAD.match(text[start:end]):
        start += lead.end()
    end = start + len(text[start:end].rstrip(" ,–-(").removesuffix(" directly"))
    words_ = text[start:end]
    if not words_ or len(words_.split()) > 14 or _NO_ARM.search(words_) or words_.count("(") != words_.count(")"):
        return None
    return start, end
