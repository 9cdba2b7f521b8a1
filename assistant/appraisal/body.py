"""How certain the evidence is that an answer cites, all of it together.

GRADE rates what is known of a question, not each study, and takes for the whole the lowest rating of the outcomes that matter (GRADE handbook,
chapter 5). So here: a sentence is as certain as the strongest document it cites, and an answer as its least certain sentence. Then the number
of studies and of people and their agreement are looked at over all sentences, since they answer one question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from assistant.answer import Appraisal, Certainty, Claim
from assistant.appraisal.rules import rules
from assistant.appraisal.source import REVIEWS, SCALE, lowered
from assistant.studies.effects import find_effects

NOTE = "Read by rules from what is cited here; it is not a panel's judgement."
CONFLICT = "Sources that are cited contradict each other."
_RATIO = re.compile(r"\bratios?\b|\brelative risks?\b|\b(?:a?HR|a?OR|a?RR|IRR|SHR)s?\b")
_INTERVAL = re.compile(
    r"(?:CIs?|CrIs?|intervals?|limits)\b[^\d]{0,12}(?P<low>\d+[.·]\d+)\s?(?:to|through|and|[-−–,;])\s?(?P<high>\d+[.·]\d+)"
)
_CALLED = {  # one and several, where not as the design is called
    "meta-analysis": ("meta-analysis", "meta-analyses"),
    "registration": ("trial registration", "trial registrations"),
    "review": ("narrative review", "narrative reviews"),
    "unknown": ("study whose design is not stated", "studies whose design is not stated"),
}


def certainty_of(
    appraised: Mapping[str, Appraisal], claims: Sequence[Claim], *, conflict: bool = False
) -> Certainty | None:
    """The certainty of an answer's claims; `None` where they cite no document.

    `appraised`: the documents by identifier. `conflict`: sources that are cited contradict each other.
    """
    cited = [
        [appraised[one.document_id] for one in claim.citations if one.document_id in appraised] for claim in claims
    ]
    quotes = [one.quote for claim in claims for one in claim.citations if one.document_id in appraised]
    sentences = [each for each in cited if each]
    return _rated(sentences, quotes, conflict=conflict) if sentences else None


def certainty_alone(appraisal: Appraisal) -> Certainty:
    """The certainty of what one document gives where nothing stands beside it."""
    return _rated([[appraisal]], [])


def _rated(sentences: Sequence[Sequence[Appraisal]], quotes: Sequence[str], *, conflict: bool = False) -> Certainty:
    """The certainty of sentences, each with the appraisals of what it cites; at least one."""
    strongest = [_strongest(each) for each in sentences]
    lowest = min((each[0].certainty for each in strongest), key=SCALE.index)
    weakest = [each for each in strongest if each[0].certainty == lowest]
    body, limiting = _each_once(strongest), _each_once(weakest)
    reasons = (
        [] if len(body) == len(limiting) else [f"Of these {_named(limiting)} {'set' + 's' * (len(limiting) == 1)} it."]
    )
    reasons += dict.fromkeys(reason for one in limiting for reason in one.reasons)
    against = [*_single(body), *_imprecise(body, quotes)] if lowest != SCALE[0] else []
    against += [CONFLICT] if conflict else []
    level = lowered(lowest, len(against))
    starts = max((one.starts for one in limiting), key=SCALE.index)
    said = f"Certainty of the evidence: {level}. It rests on {_named(body)}."
    return Certainty(
        level=level,
        starts=starts,
        rests_on=[one.document_id for one in body],
        reasons=[*reasons, *against],
        text=" ".join((said, *reasons, *against, NOTE)),
    )


def _strongest(appraisals: Sequence[Appraisal]) -> list[Appraisal]:
    """The most certain of them."""
    best = max((one.certainty for one in appraisals), key=SCALE.index)
    return [one for one in appraisals if one.certainty == best]


def _each_once(groups: Iterable[Iterable[Appraisal]]) -> list[Appraisal]:
    return list({one.document_id: one for group in groups for one in group}.values())


def _single(body: Sequence[Appraisal]) -> list[str]:
    """A single study was not repeated. ACC/AHA, too, give one trial less than level A (Halperin et al., Circulation 2016;133:1426)."""
    alone = len(body) == 1 and body[0].design not in REVIEWS | {"guideline"}
    return ["A single study."] if alone else []


def _imprecise(body: Sequence[Appraisal], quotes: Sequence[str]) -> list[str]:
    """So few people in all, where every document says how many; else wide intervals of all ratios that are quoted. One step for both."""
    said = rules()["imprecision"]
    sizes = [one.participants.number if one.participants else None for one in body]
    if all(sizes) and (people := sum(filter(None, sizes))) < said["participants"]:
        return [f"{people} people in all, fewer than {said['participants']}."]
    found = [interval for quote in quotes for interval in intervals(quote)]
    if found and all(low <= 1 <= high and (low < said["benefit"] or high > said["harm"]) for low, high in found):
        return ["The interval of the effect holds both no effect and an appreciable one."]
    return []


def intervals(quote: str) -> list[tuple[float, float]]:
    """The intervals of ratios (risk, odds, hazard, rate) in a quote, low and high, as far as they can be read."""
    found = []
    for start, end in find_effects(quote):
        effect = quote[start:end]
        match = _INTERVAL.search(effect)
        if match and _RATIO.search(effect):
            low, high = (float(match[bound].replace("·", ".")) for bound in ("low", "high"))
            if 0 < low < high:
                found.append((low, high))
    return list(dict.fromkeys(found))


def _named(body: Sequence[Appraisal]) -> str:
    """What the documents are: "1 guideline and 2 randomised trials"."""
    words = [
        f"{number} {_called(design)[number > 1]}" for design, number in Counter(one.design for one in body).items()
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _called(design: str) -> tuple[str, str]:
    return _CALLED.get(design) or (design, design[:-1] + "ies" if design.endswith("y") else design + "s")
