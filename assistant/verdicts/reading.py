"""From the sentences that an answer cites to its verdict, or to none: only what a cited sentence says, and only where it is said surely enough."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answer import Direction
from assistant.appraisal import IN_FORCE
from assistant.planning.asking import Asks, Effect, asks, effect_of
from assistant.verdicts import advice, effects, topic, yes_no
from assistant.verdicts.models import Models, probabilities, shipped
from assistant.verdicts.sentences import Said, cue
from assistant.verification.features import Judge
from assistant.verification.setting import not_in_people, speaks_of_animals
from indexes.passage import Role, Status

EVIDENCE = frozenset({Role.CONCLUSION, Role.RESULT, Role.SUMMARY, Role.BODY})
"""Roles of sentences that say what was found."""
_EFFECTS = {
    "increased": "a significant increase",
    "decreased": "a significant decrease",
    "no difference": "no significant difference",
}
"""Documents whose advice holds today: no draft, and none that another has taken the place of."""
_GRADE = re.compile(r"[\w+–./:,; -]{1,40}")
_ADVICE = {1: "yes", -1: "no", 0: "uncertain"}


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited sentence: the place of its claim in the answer, its document, what it says, and of a recommendation its grade as printed.

    `title` is the document's, with the headings above the sentence; `status` is where the document stands today. `animal`: it is indexed as of
    animals and not of humans.
    """

    claim: int
    document_id: str
    said: Said
    grade: str | None = None
    title: str = ""
    status: Status = Status.CURRENT
    animal: bool = False


def read_direction(
    question: str, cited: Sequence[Cited], models: Models | None = None, judge: Judge | None = None
) -> Direction | None:
    """Which way the cited sentences point; `None` where the question does not ask that, or they do not tell it surely enough.

    `judge`: the trained verifier, as `neural.probabilities`, which is asked about yes and no.
    """
    how = asks(question)
    if Asks.YES_NO in how and Asks.GUIDANCE in how:
        return _advised(question, [each for each in cited if each.said.role is Role.RECOMMENDATION])
    evidence = [
        each for each in cited if each.said.role in EVIDENCE and (_of_people(each) or speaks_of_animals(question))
    ]
    if Asks.YES_NO in how:
        return _yes_or_no(question, evidence, models or shipped(), judge)
    effect = effect_of(question)
    return _effect(effect, evidence, models or shipped()) if effect else None


def _of_people(cited: Cited) -> bool:
    """Whether it may have been seen in people: what mice or cells in a dish show is no answer to a clinical question."""
    return not (cited.animal or not_in_people(cited.said.text, cited.title))


def _advised(question: str, cited: Sequence[Cited]) -> Direction | None:
    """What the recommendations in force say: all on the topic must say it, and one of them of just what is asked."""
    if not advice.answerable(question):
        return None
    cited = [each for each in cited if each.status in IN_FORCE and _named(question, each) >= yes_no.ON_TOPIC]
    ways = {advice.advises(each.said.text) for each in cited}
    telling = [each for each in cited if _tells(question, each)]
    way = ways.pop() if len(ways) == 1 else None
    if way is None or not telling:
        return None
    verdict = _ADVICE[way]
    says = {
        "yes": "advises it, for those whom it names",
        "no": "advises against it, for those whom it names",
        "uncertain": "finds too little evidence to advise for or against it",
    }[verdict]
    return _direction(verdict, telling, f"The recommendation cited {says}{_graded(telling)}.")


def _named(question: str, cited: Cited) -> float:
    return topic.share_named(question, cited.said.text, cited.title)


def _tells(question: str, cited: Cited) -> bool:
    return _named(question, cited) >= yes_no.TELLING and topic.speaks_of(question, cited.said.text, cited.title)


def _graded(cited: Sequence[Cited]) -> str:
    """The grade as its document prints it, in quotes; none where they differ, or where it could pass for words of the product."""
    grades = {" ".join(each.grade.split()).removeprefix("Grade").strip(" :") for each in cited if each.grade}
    grade = grades.pop() if len(grades) == 1 else ""
    return f' (grade "{grade}")' if _GRADE.fullmatch(grade) else ""


def _yes_or_no(question: str, cited: Sequence[Cited], models: Models, judge: Judge | None) -> Direction | None:
    """What the findings say taken together: one that names most of the question must say it, in a conclusion or surely, and none may surely say the
    opposite."""
    cited = [each for each in cited if yes_no.named(question, each.said) >= yes_no.ON_TOPIC]
    concluding = [each for each in cited if each.said.concludes]
    if not cited or not yes_no.readable(question):
        return None
    if concluding and all(_leaves_open(each) for each in concluding):
        return _direction("uncertain", concluding, "The evidence cited says that it does not decide.")
    features = yes_no.each_values(question, [each.said for each in cited], judge if models.judged else None)
    judged = models.judged if "judged_yes" in features[0] else None
    model, bars = (judged, models.judged_bars) if judged else (models.yes_no, models.bars)
    verdict = _shown(probabilities(model, yes_no.mean(features)), bars, ("yes", "no"))
    if verdict is None:
        return None
    opposite = "no" if verdict == "yes" else "yes"
    alone = [probabilities(model, each) for each in features]
    if any(one[opposite] >= bars[opposite] for one in alone if opposite in bars):
        return None
    saying = [each for each, one in zip(cited, alone, strict=True) if one[verdict] > one[opposite]]
    told = any(
        (each.said.concludes or yes_no.surely(verdict, values, one[verdict]))
        and yes_no.named(question, each.said) >= yes_no.TELLING
        and yes_no.names_outcomes(question, each.said)
        and yes_no.says(verdict, values)
        for each, values, one in zip(cited, features, alone, strict=True)
        if one[verdict] > one[opposite]
    )
    if not told or any(_leaves_open(each) for each in saying):
        return None
    return _direction(verdict, saying, f"The evidence cited points to: {verdict}.")


def _leaves_open(cited: Cited) -> bool:
    return cue("advice", "open").search(cited.said.text) is not None


def _effect(effect: Effect, cited: Sequence[Cited], models: Models) -> Direction | None:
    """What the sentence that names most of the outcome says of it, against what the question compares with: of no comparison no model has learnt."""
    if not effect.comparator:
        return None
    number = effects.most_telling(effect, [each.said for each in cited])
    if number is None:
        return None
    verdict = _shown(probabilities(models.effect, effects.values(effect, cited[number].said)), models.bars, _EFFECTS)
    if verdict is None:
        return None
    return _direction(verdict, [cited[number]], f"The evidence cited points to: {_EFFECTS[verdict]}.")


def _shown(
    chances: Mapping[str, float], bars: Mapping[str, float], verdicts: Sequence[str] | Mapping[str, str]
) -> str | None:
    """The likeliest verdict, where it reaches its bar."""
    best = max(verdicts, key=lambda verdict: chances[verdict])
    return best if chances[best] >= bars.get(best, 2.0) else None


def _direction(verdict: str, cited: Sequence[Cited], text: str) -> Direction:
    return Direction.model_validate(
        {"verdict": verdict, "claims": sorted({each.claim for each in cited}), "text": text}
    )
