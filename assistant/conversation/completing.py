"""Follow-ups completed from the question before: fragments, pronouns, and words that ask for something of nothing named."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.conversation.cues import cue
from assistant.conversation.setting import About, about
from assistant.conversation.slots import Slots, people_called, same, slots
from assistant.conversation.swapping import swap_disease, swap_drug, swap_harm, swap_intervention, swap_people
from assistant.planning.terms import Term, key_terms
from assistant.planning.vocabulary import TermKind

_END = " ?.!,;"
_BOTH = re.compile(r"(?P<drug>.+?)\s+(?:in|for|during)\s+(?:the\s+)?(?P<who>.+)")
_EFFICACY = re.compile(r"\b(?:works?|effective|helps?|reduces?|lowers?|prevents?|better|enough)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Completed:
    """What became of a question that may lean on the one before. `question` is `None` where it could not be completed; `leans`: it does lean."""

    question: str | None
    why: str = ""
    leans: bool = True


LEFT = Completed(None, leans=False)
"""Of a question with its own topic."""


def by_fragment(asked: str, before: Slots) -> Completed:
    """ "And in pregnancy?", "what about rivaroxaban?": one thing named, and nothing said of it."""
    words = asked.strip(_END)
    opening = cue("fragment", "opening").match(words)
    opener = opening.group() if opening else ""
    rest = words[len(opener) :]
    if re.match(r"(?:is|are|was|do|does|did|can|could|should|would|will|may|has|have)\b", rest, re.IGNORECASE):
        return LEFT
    lead = cue("fragment", "lead").match(rest)
    preposition = (lead["prep"] or ("in" if lead["having"] else "")).lower() if lead else ""
    bare = re.sub(r"^(?:in|for|with|without|during|at|after|among|on|of)\s+", "", rest, flags=re.IGNORECASE)
    bare = re.sub(r"^(?:if|when) ", "", bare)
    who = people_called(bare) or people_called(re.sub(r"^(?:an?|the|my|our) ", "", bare))
    if who:
        return _done(swap_people(before, who), f"the people of the question before are now {who}")
    name = rest[lead.end() :] if lead else rest
    if (both := _BOTH.fullmatch(name)) and (group := people_called(both["who"])):
        (drug,) = _only(both["drug"]) or (None,)
        if drug is None or drug.kind is not TermKind.DRUG or not opener:
            return LEFT
        one = swap_drug(before, drug)
        return _done(swap_people(slots(one), group) if one else None, f"about {drug.text} and {group}")
    (term,) = _only(name) or (None,)
    if term is None or not (opener or preposition):
        return LEFT
    if term.kind is TermKind.DRUG:
        if preposition or cue("fragment", "together").match(words):
            return Completed(
                None, f"it does not say whether {term.text} is meant beside what was asked about or instead of it"
            )
        return _done(swap_drug(before, term), f"{term.text} takes the place of {_named(before)}", alone=term.text)
    if term.kind is TermKind.CONDITION:
        return _done(swap_disease(before, term, preposition), f"{term.text} as the disease", alone=term.text)
    if term.kind is TermKind.INTERVENTION:
        return _done(
            swap_intervention(before, term), f"{term.text} takes the place of {_named(before)}", alone=term.text
        )
    if term.kind in (TermKind.HARM, TermKind.OUTCOME) and not re.search(cue("aspects", "noun").pattern, name):
        return _done(swap_harm(before, term), f"{term.text} is asked about", alone=term.text)
    return LEFT


def by_pronoun(asked: str, before: Slots) -> Completed:
    """ "Is it safe with warfarin?": what a pronoun stands for, where only one thing can be meant."""
    found = leaning_words(asked)
    if found is None:
        return LEFT
    kind, match = found
    own = slots(asked)
    if own.others:
        return LEFT
    referent = _referent(asked, kind, before)
    if referent is None:
        return Completed(None, f"“{match.group()}” may mean more than one thing, or nothing that was named")
    if any(same(term, other) for term in referent for other in (*own.drugs, *own.conditions)):
        return Completed(None, f"“{match.group()}” would be what the question compares it with")
    words = " and ".join(term.text for term in referent)
    done = _put(asked, match.re, words)
    if len(referent) == 1:
        topic = about(before)
        if topic is None and not own.people:
            return Completed(
                None,
                "the question before is about several things, or about somebody who cannot be described in a few words",
            )
        if topic is not None:
            done = _carried(done, own, topic, referent_is_head=same(topic.term, referent[0]))
    elif before.who or not before.editable:
        return Completed(None, "the question before is about several things")
    return _done(done, f"“{match.group()}” is read as {words}")


def by_aspect(asked: str, before: Slots) -> Completed:
    """ "What dose?", "and the side effects?": something is asked of nothing named."""
    own = slots(asked)
    if own.has_topic:
        return LEFT
    words = asked.strip(_END)
    opening = cue("fragment", "opening").match(words)
    core = words[opening.end() :] if opening else words
    core = re.sub(r"^(?:the|any|its?)\s+(?=\w)", "", core, flags=re.IGNORECASE) or core
    if not cue("aspects", "asked").search(core) or cue("aspects", "unnamed").search(core):
        return Completed(None, "it does not name what it is about")
    topic = about(before)
    if topic is None or len(before.drugs) > 1:
        return Completed(None, "the question before is about several things, and it does not say which is meant")
    if not topic.is_drug and cue("aspects", "of_one_drug").search(core):
        return Completed(None, "the question before names no drug that this could be asked of")
    if (
        not topic.is_drug
        and topic.head == topic.term.text
        and re.search(r"\bhow (?:often|long|much|many)\b|\bwhen\b", core, re.IGNORECASE)
    ):
        return Completed(None, "it does not say of what")
    if cue("stopping", "pattern").search(before.text) and cue("stopping", "time").search(core):
        return Completed(None, "it does not say whether it means taking or stopping")
    core = core[0].upper() + core[1:]
    for link, pattern in (("of", "noun"), ("for", "for_noun")):
        if re.search(rf"{cue('aspects', pattern).pattern}$", core, re.IGNORECASE):
            return _done(
                _carried(f"{core} {link} {topic.head}", own, topic, referent_is_head=True), f"asked of {topic.head}"
            )
    return _done(_carried(f"{core}, for {topic.head}", own, topic, referent_is_head=True), f"asked of {topic.head}")


def _carried(question: str, own: Slots, topic: About, *, referent_is_head: bool) -> str:
    """The question with whom and where the one before was about, unless it says so itself."""
    start = question.rstrip(_END)
    if own.people and any(not one.vague for one in own.people):
        works = topic.disease and not own.is_on_safety and not own.conditions and _EFFICACY.search(start)
        return f"{start} with {topic.disease}?" if works and referent_is_head else f"{start}?"
    if own.settings or own.treated or not referent_is_head:
        return f"{start}{topic.people}?"
    return f"{start}{topic.rest}?"


def leaning_words(asked: str) -> tuple[str, re.Match[str]] | None:
    """The word that stands for something said before, and what sort of thing: `drug`, `condition`, `drugs` or `single`.

    `None` where there is none, or where what it stands for may be in the question itself.
    """
    found = _pronoun(asked)
    own = slots(asked)
    named = (asked.find(term.text) for term in (*own.drugs, *own.conditions, *own.interventions))
    return found if found and min(named, default=len(asked)) >= found[1].start() else None


def _pronoun(asked: str) -> tuple[str, re.Match[str]] | None:
    blank = cue("pronouns", "none").sub(lambda match: " " * len(match.group()), asked)
    for kind in ("drug", "condition", "drugs"):
        if match := cue("pronouns", kind).search(blank):
            return kind, match
    for match in cue("pronouns", "single").finditer(blank):
        if match.group().lower() in ("it", "its") or _stands_alone(blank, match):
            return "single", match
    return None


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether "this" or "that" is no article: what follows is said of it, or nothing follows."""
    following = text[match.end() :].strip(_END)
    if not following:
        return bool(re.search(r"\b(?:of|about|on|for|with|after|is|does)\s*$", text[: match.start()], re.IGNORECASE))
    word = re.match(r"\w+", following)
    before = re.search(r"\b(?:is|does|can|should|was|will|would|could|may)\s+$", text[: match.start()], re.IGNORECASE)
    said = rf"(?:{cue('pronouns', 'of_drug').pattern}|{cue('pronouns', 'of_condition').pattern}|be|also|really|have|in|for|with)"
    return bool(before and word and re.match(said, following, re.IGNORECASE))


def _referent(asked: str, kind: str, before: Slots) -> tuple[Term, ...] | None:
    """What a pronoun stands for, or `None` where that is not certain."""
    of_drug = cue("pronouns", "of_drug").search(asked)
    of_condition = cue("pronouns", "of_condition").search(asked)
    drugs, diseases, procedures = before.drugs, before.conditions, before.interventions
    if before.unknown:
        return None  # a word that no list knows may be a drug
    if kind == "drugs":
        several = len(drugs) > 1 and of_drug and not cue("pronouns", "of_people").search(asked)
        return drugs if several and not before.people else None
    if kind == "drug":
        return drugs if len(drugs) == 1 else None
    if kind == "condition":
        return diseases if len(diseases) == 1 else None
    if len(drugs) > 1 or (drugs and procedures):
        return None
    if drugs:
        if of_drug or not diseases:
            return drugs
        return diseases if of_condition and len(diseases) == 1 else None
    if procedures:
        return procedures if len(procedures) == 1 and (of_drug or not diseases) else None
    if before.others and any("screen" in name for other in before.others for name in other.names):
        return None
    return diseases if len(diseases) == 1 and of_condition else None


def _put(asked: str, pattern: re.Pattern[str], words: str) -> str:
    """The question with what a pronoun stands for in its place."""

    def named(match: re.Match[str]) -> str:
        said = f"{words}'s" if match.group().lower() in ("its", "their") else words
        return said[0].upper() + said[1:] if match.start() == 0 else said

    done = pattern.sub(named, asked)
    done = re.sub(r"^(?:and|but|so|also|then|ok(?:ay)?)\b[,; ]*", "", done, flags=re.IGNORECASE)
    return done[0].upper() + done[1:]


def _only(name: str) -> tuple[Term, ...] | None:
    """The one term that these words are, in a tuple; `None` where they are several, or say more."""
    name = re.sub(r"^(?:an?|the|some)\s+", "", name.strip(_END), flags=re.IGNORECASE)
    terms = key_terms(name)
    if len(terms) != 1 or terms[0].text.lower() != name.lower():
        return None
    return terms


def _named(before: Slots) -> str:
    return " and ".join(term.text for term in (before.drugs or before.interventions)) or "what was asked about"


def _done(question: str | None, why: str, *, alone: str = "") -> Completed:
    if question is not None:
        return Completed(question, why)
    if alone:
        return Completed(None, f"the question before does not say what {alone} could take the place of")
    return Completed(None, "the question before does not say what this could take the place of")
