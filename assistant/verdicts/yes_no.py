"""What a cited sentence shows of the answer to a yes/no question: its directions against the question's, what was not found, how surely it is said.

Nothing counts that is of the question alone: a verdict must come from the sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from assistant.planning.terms import content_of, key_terms
from assistant.planning.vocabulary import TermKind
from assistant.verdicts.sentences import Said, asked, shown, ways
from assistant.verification.direction import matches
from assistant.verification.features import Judge
from assistant.verification.words import negations
from indexes.passage import Role

AXES = ("change", "value", "advice", "effect")
UNREAD = ("same", "necessary", "safe", "choice", "compared")
"""Questions that are not read: whether things are the same, whether one is needed or safe (where "no difference" means yes), one or the other, or
one against another: whose side a sentence is on is not told."""
ON_TOPIC, TELLING = 0.5, 0.66
"""Shares of the question's key terms: that a sentence must name to be read for it, and that one must name before a verdict is shown."""
_LEAST = 1e-4  # of a probability: its logarithm is looked at
SURELY, SURE = 3.0, 0.7
"""Log odds against neutral, and probability, from which a sentence that concludes nothing may carry a verdict. With less the results of PubMedQA's
abstracts told what their conclusions do not."""
_OF_ALL = re.compile(r"\b(?:all-cause|any cause|overall|total)\b", re.IGNORECASE)
"""Deaths of one cause do not answer for those of all."""
_ASKING = re.compile(
    r"^\s*(?:is|are|was|were|do|does|did|can|could|should|has|have|had|will|would|may|might|must)\b\s*", re.IGNORECASE
)


def readable(question: str) -> bool:
    """Whether yes and no mean what they do in most questions."""
    cues = asked(question)
    return not any(cues[name] for name in UNREAD)


def named(question: str, said: Said) -> float:
    """The share of the question's key terms that the sentence names; 0 where the question has none."""
    terms, content = key_terms(question), content_of(said.text)
    return sum(term.occurs_in(content) for term in terms) / max(1, len(terms))


def names_outcomes(question: str, said: Said) -> bool:
    """Whether the sentence names every outcome and harm that the question does."""
    content = content_of(said.text)
    asked_for = [term for term in key_terms(question) if term.kind in (TermKind.OUTCOME, TermKind.HARM)]
    whole = _OF_ALL.search(question) is None or _OF_ALL.search(said.text) is not None
    return whole and all(term.occurs_in(content) for term in asked_for)


def values(question: str, said: Said, opinion: Sequence[float] | None = None) -> dict[str, float]:
    """The features of one sentence, each a small number. Never cached: a question is what somebody has typed.

    `opinion`: how likely the sentence supports what is asked, contradicts it or does neither (`verification.labels.LABELS`), by the trained verifier.
    """
    cues, there = asked(question), shown(said.text)
    compared = [match.relation for match in matches(statement(question), said.text)]
    none = there["none"] or there["p_large"]
    some = (1 - none) * (1 - there["same"])
    judged = max(cues["useful"], cues["safe"], cues["better"])
    found: dict[str, float] = {
        **{f"direction_{name}": min(2.0, float(compared.count(name))) for name in ("same", "opposite", "unsaid")},
        **{f"role_{role}": float(said.role is role) for role in (Role.CONCLUSION, Role.RESULT)},
        **there,
        "named": named(question, said),
        "denials": min(2.0, float(len(negations(said.text)))),
        "none_denied": none * cues["denied"],
        "none_differ": none * cues["differ"],
        "none_linked": none * cues["linked"],
        "same_differ": there["same"] * cues["differ"],
        "linked_linked": there["linked"] * cues["linked"] * (1 - none),
        "positive_judged": there["positive"] * judged * (1 - none),
        "negative_judged": there["negative"] * judged,
        "moved_differ": max(there["moved"], there["negative"], there["positive"]) * cues["differ"] * some,
        "found_asked": there["found"] * max(cues["differ"], cues["linked"], cues["better"]),
        "concluded_none": there["conclude"] * none,
        "concluded_some": there["conclude"] * some,
    }
    theirs, ours = ways(said.text), ways(question)
    for axis in AXES:
        up, down = (float((axis, pole) in theirs) for pole in (1, -1))
        way = float((axis, 1) in ours) - float((axis, -1) in ours)
        found |= {f"{axis}_up": up, f"{axis}_down": down, f"{axis}_agrees": way * (up - down)}
    if opinion is not None:
        support, contradict, neutral = (max(float(chance), _LEAST) for chance in opinion)
        found |= {"judged_yes": math.log(support / neutral), "judged_no": math.log(contradict / neutral)}
    return found


def each_values(question: str, sentences: Sequence[Said], judge: Judge | None) -> list[dict[str, float]]:
    """The features of each sentence; with `judge` those of the trained verifier too, where there is one."""
    judged = judge([(statement(question), said.text) for said in sentences]) if judge and sentences else None
    rows = [None] * len(sentences) if judged is None else judged.tolist()
    return [values(question, said, row) for said, row in zip(sentences, rows, strict=True)]


def mean(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of features, at least of one sentence."""
    return {name: sum(one[name] for one in each) / len(each) for name in each[0]}


def says(verdict: str, found: Mapping[str, float]) -> bool:
    """Whether a sentence with these features itself has the direction asked about, one way only, or the verifier finds that it says so. For a no it
    may also be one that was looked for and not found."""
    same, opposite = found["direction_same"] > 0, found["direction_opposite"] > 0
    yes, no = found.get("judged_yes", 0.0), found.get("judged_no", 0.0)
    if verdict == "yes":
        return (same and not opposite) or yes > max(0.0, no)
    return (not same and (opposite or found["none"] > 0)) or no > max(0.0, yes)


def surely(verdict: str, found: Mapping[str, float], chance: float) -> bool:
    """Whether a sentence with these features, and this probability of the verdict, may carry it though it concludes nothing: the verifier is sure."""
    return found.get(f"judged_{verdict}", 0.0) > SURELY and chance >= SURE


def statement(question: str) -> str:
    """The question without the word that asks: "Does aspirin prevent strokes?" is compared as "aspirin prevent strokes"."""
    return _ASKING.sub("", question).rstrip(" ?.")
