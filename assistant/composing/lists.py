"""Lists as guidelines print them, under a heading that says of what: "Malaria", "Treatment", and a drug a line.

An item is no sentence and often says nothing alone ("Child: half the dose"), so that a list is quoted as a whole, every line of it. It answers only a
question for what its headings say, on what they name. Of a list that was cut into several passages only the first lines can be quoted, and the
reader is told that it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from assistant.advisers import is_former
from assistant.composing.candidates import Candidate, is_notice, is_titled, without_references
from assistant.composing.forbidding import forbids_class_of, forbids_in
from assistant.composing.regimens import DOSE, asks_of_a_drug_alone, is_on, regimens, what_for
from assistant.evidence import lowest_first
from assistant.planning.aspects import aspect_headed
from assistant.planning.rules import Plan, Wanted
from assistant.planning.terms import Term, content_of, drugs_in
from assistant.planning.vocabulary import TermKind
from indexes.passage import Hit, Kind, Part, Passage, Role

GOES_ON = "the list goes on in the source"
_LONGEST_LINE = 160  # words: longer ones are paragraphs
_LABEL = 60  # characters in which a label ends: "Chlorpromazine (adults): …"
_LONG_ITEM = 25  # words of an item that is a sentence
_TWO_SENTENCES = re.compile(r"[a-z)%]{2}\.[¹²³⁰⁴-⁹,–]{0,12}\s+[A-Z]")
_SEVERAL = 3  # lines of a list on drugs of a class
_SHORTEST_ITEM = 3  # words of an item that is quoted alone
_SENTENCE_ENDS = (".", "!", "?")
_LEADS = (":", ",", ";", " and", " or", " with")
_TABLE = "|"
_LINE = re.compile(r"[^\s][^\n]*[^\s]")
_ROLES = frozenset({Role.BODY, Role.RECOMMENDATION})
_NAMED_FEVER = re.compile(
    r"\b(?!(?:of|in|with|and|the|high|acute|a|persistent|prolonged)\b)\w+ fevers?\b", re.IGNORECASE
)
_OTHER_THAN = re.compile(r"\b(?:other than|except|excluding|not due to)\b[^.)]*", re.IGNORECASE)
_POINTS_ELSEWHERE = re.compile(
    r"\(?see\b|(?:detailed|listed|described|shown) in\b|refer to\b|as (?:for|in)\b", re.IGNORECASE
)
_A_CASE = re.compile(r"(?:then|this|these|otherwise|in that case|or|plus|and)\b|(?:if|when)\b.*:$", re.IGNORECASE)
_LEANS = re.compile(
    r"(?:it|they|this|these|those|the (?:drug|dose|above|same)|same|also|or|and|plus|then|adults?|child(?:ren)?|infants?)\b",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"\b(?:should|must|may|can|is|are|was|be|refer\w*|avoid\w*|not|never|recommended|contraindicated|indicated|give[ns]?|use[ds]?|check\w*|monitor\w*|measure\w*"
    r"|mandatory|required|every|daily|weekly|monthly|annual\w*|target|maintain\w*|keep|stop\w*|start\w*|cause[ds]?|prevent\w*)\b|(?<!\w)\d",
    re.IGNORECASE,
)
_NAMED_ABOVE = frozenset({TermKind.CONDITION, TermKind.INTERVENTION})

Bounds = Callable[[Passage, Part], tuple[int, int]]
"""Where the section that a part is of begins and ends, counted in the passage's text: before 0 or behind its end where the section was cut."""


def uncut(passage: Passage, part: Part) -> tuple[int, int]:  # noqa: ARG001 - `Bounds`
    """Of passages whose documents are not at hand, each part counts as a whole section."""
    return part.start, part.end


def lists(plan: Plan, hits: Sequence[Hit], bounds: Bounds = uncut) -> Iterator[Candidate]:
    """The lists of guidelines that are of what the question asks for, on what it names."""
    for hit in hits:
        passage = hit.passage
        for part in parts_asked_for(plan, passage):
            start, end = bounds(passage, part)
            if start != part.start:  # the rest of a list would lack what stood above it
                continue
            if end <= part.end and (is_list(passage, part) or _cautions_in_prose(passage, part)):
                yield Candidate(hit, start, part.end, part.role, leans=False, listed=True)
            elif end > part.end and is_list(passage, part) and (cut := _whole_lines(passage.text, part)):
                yield Candidate(hit, start, cut, part.role, leans=False, listed=True)


def _whole_lines(text: str, part: Part) -> int:
    """Where the last whole item of a list ends that goes on elsewhere; 0 where there are less than two, which would not look like a list."""
    end = text.rfind("\n", part.start, part.end)
    while end > part.start and text[part.start : end].rstrip().endswith(_LEADS):
        end = text.rfind("\n", part.start, end)
    return end if "\n" in text[part.start : max(end, part.start)].strip() else 0


def _cautions_in_prose(passage: Passage, part: Part) -> bool:
    """Whether a part warns in sentences, as short sections of cautions do: it belongs to the drugs above it all the same."""
    text = passage.text[part.start : part.end]
    return (
        passage.page is None
        and aspect_headed(lowest_first(passage, part)) == "cautions"
        and len(text.split()) <= _LONGEST_LINE
        and not _POINTS_ELSEWHERE.match(text)
        and not _unfit(text, passage)
    )


def _unfit(text: str, passage: Passage) -> bool:
    """Whether some line asks, speaks to the reader, or tells what was once advised."""
    lines = text.split("\n")
    return any(line.rstrip().endswith("?") or is_notice(line) or is_former(line, passage.year) for line in lines)


def items(plan: Plan, hits: Sequence[Hit]) -> Iterator[Candidate]:
    """Single items of lists that hold without what stands above them: what their labels name, cautions on a drug, and the doses of a drug."""
    for hit in hits:
        passage = hit.passage
        found = [*(labelled(plan, passage) if plan.sections else ()), *statements(plan, passage)]
        for part in passage.parts if "cautions" in plan.sections else ():
            headed = aspect_headed(lowest_first(passage, part)) if is_list(passage, part) else None
            if headed == "cautions":
                found += _cautions(plan, passage, part)
            elif headed == "treatment" and Wanted.DOSE in plan.wanted:
                found += _doses(plan, passage, part)
        for part, start, end in dict.fromkeys(found):
            yield Candidate(hit, start, end, part.role, leans=False, item=True)


def told_by_lines(plan: Plan, listed: Candidate, lines: Sequence[Candidate]) -> bool:
    """Whether a line of a list gives the dose that is asked for, for all that the list gives it for: the rest is on other drugs, and a line that lost
    its drug's name would be read as this one's."""
    if Wanted.DOSE not in plan.wanted or not plan.of_kind(TermKind.DRUG) or warns(listed):
        return False
    names = content_of(f"{listed.headings} . {listed.text}")
    return any(
        within(line, [listed])
        and all(
            term.occurs_in(content_of(f"{line.headings} . {line.text}")) or not term.occurs_in(names)
            for term in what_for(plan)
        )
        for line in lines
    )


def _cautions(plan: Plan, passage: Passage, part: Part) -> Iterator[tuple[Part, int, int]]:
    """Lines of a list of cautions with a drug that the question names; under a heading on what it is on, with anything that it names."""
    headings = content_of(" . ".join((passage.title, *lowest_first(passage, part))))
    on_it = not plan.matters or any(term.occurs_in(headings) for term in plan.matters)
    named = plan.terms if on_it else plan.of_kind(TermKind.DRUG)
    for line in _LINE.finditer(passage.text, part.start, part.end):
        content = content_of(line[0])
        if _stands_alone(line[0]) and any(term.occurs_in(content) for term in named):
            yield part, *line.span()


def _doses(plan: Plan, passage: Passage, part: Part) -> Iterator[tuple[Part, int, int]]:
    """The lines of a drug whose dose is asked for, under a title on what it is for, or where nothing says for what."""
    if not asks_of_a_drug_alone(plan) and not is_about(plan, passage, part):
        return
    drugs, text = plan.of_kind(TermKind.DRUG), passage.text[part.start : part.end]
    if any(line.rstrip().endswith(":") for line in text.split("\n")):
        return  # what stands under "Early latent syphilis:" is not for the late one
    for start, end in regimens(text, drugs):
        if is_on(text[start:end], drugs) and DOSE.search(text, start, end):
            yield part, part.start + start, part.start + end


def statements(plan: Plan, passage: Passage) -> Iterator[tuple[Part, int, int]]:
    """Lines of a guideline's lists that say something by themselves on all that the question names, read under title and headings ("Stage 3-5: refer
    to nephrologist"), and those that say of a drug whose dose is asked for that it is not to be given."""
    if passage.kind is not Kind.GUIDELINE or not plan.terms:
        return
    for part in passage.parts:
        elsewhere = plan.aspects and aspect_headed(lowest_first(passage, part)) not in plan.sections
        if elsewhere or not is_list(passage, part):
            continue
        over = content_of(" . ".join((passage.title, *lowest_first(passage, part))))
        beside = [term for term in plan.terms if not term.occurs_in(over)]
        if plan.aspects and any(
            term in plan.matters for term in beside
        ):  # "to prevent pneumonia" is no treatment of it
            continue
        for line in _lines_without_case(passage, part) if beside else ():
            content = content_of(line[0])
            held = [term for term in beside if term.occurs_in(content) or forbids_class_of(term, line[0])]
            against = Wanted.DOSE in plan.wanted and forbids_in(plan, line[0])
            if _stands_alone(line[0]) and (against or (len(held) == len(beside) and _STATES.search(line[0]))):
                yield part, *line.span()


def _lines_without_case(passage: Passage, part: Part) -> Iterator[re.Match[str]]:
    """The lines of a part as far as none of them leads on: what stands under "If severe:" is not for the mild."""
    for line in _LINE.finditer(passage.text, part.start, part.end):
        if line[0].rstrip().endswith(":"):
            return
        yield line


def labelled(plan: Plan, passage: Passage) -> Iterator[tuple[Part, int, int]]:
    """The lines of a passage's lists whose labels name all that the question is on, under what it asks for: "Hookworm: albendazole 400 mg"."""
    for part in passage.parts if plan.matters else ():
        if aspect_headed(lowest_first(passage, part)) not in plan.sections or not is_list(passage, part):
            continue
        for line in _LINE.finditer(passage.text, part.start, part.end):
            label, colon, rest = line[0].partition(":")
            content = content_of(label)
            if (
                colon
                and rest.strip()
                and len(label) <= _LABEL
                and all(term.occurs_in(content) for term in plan.matters)
            ):
                yield part, *line.span()


def warns(candidate: Candidate) -> bool:
    """Whether it is a list of cautions, or a line of one: a list comes with the drugs that it is on, whomever it names."""
    return (candidate.listed or candidate.item) and aspect_headed(candidate.lowest_first) == "cautions"


def _stands_alone(item: str) -> bool:
    return len(item.split()) >= _SHORTEST_ITEM and not item.endswith(_LEADS) and not _LEANS.match(item)


def within(candidate: Candidate, listed: Sequence[Candidate]) -> bool:
    """Whether the sentence is an item of one of the lists."""
    return any(
        candidate.hit.passage.passage_id == one.hit.passage.passage_id and one.start <= candidate.start < one.end
        for one in listed
    )


def parts_asked_for(plan: Plan, passage: Passage) -> list[Part]:
    """The parts of a guideline's passage that stand under what the question asks for, on what it names."""
    asked = plan.sections if passage.kind is Kind.GUIDELINE else frozenset()
    return [
        part
        for part in passage.parts
        if part.role in _ROLES
        and (headed := aspect_headed(lowest_first(passage, part))) in asked
        and (is_about(plan, passage, part) or (headed == "cautions" and _is_on_drugs(plan, passage, part)))
    ]


def _is_on_drugs(plan: Plan, passage: Passage, part: Part) -> bool:
    """Whether several lines are on drugs of the class that the question names, and nothing else: "side effects of antituberculosis drugs"."""
    drugs = plan.of_kind(TermKind.DRUG)
    lines = passage.text[part.start : part.end].split("\n")
    return "cautions" in plan.aspects and not plan.matters and sum(is_on(line, drugs) for line in lines) >= _SEVERAL


def is_about(plan: Plan, passage: Passage, part: Part | None = None) -> bool:
    """Whether the title, or with a part its headings too, names what the question is about; "other than" it does not.

    What is no condition or intervention may be named by the part's text instead ("vitamin A in measles"), but not all that there is.
    """
    said = _OTHER_THAN.sub(" ", " . ".join((passage.title, *(lowest_first(passage, part) if part else ()))))
    headings = content_of(said)
    text = content_of(passage.text[part.start : part.end]) if part else ""
    terms = plan.matters
    named = [term for term in terms if term.occurs_in(headings) and not _is_another(term, said)]
    return bool(named) and all(
        term in named or (term.kind not in _NAMED_ABOVE and (not part or term.occurs_in(text))) for term in terms
    )


def _is_another(term: Term, headings: str) -> bool:
    """Whether the headings have no more than the term's stem: cervicitis is no cervical cancer, hepatitis no liver; yellow fever no fever."""
    word = term.text.lower()
    if _NAMED_FEVER.search(headings) and word in ("fever", "fevers"):
        return True
    return term.kind is TermKind.OTHER and word.endswith("itis") and word not in headings.lower()


def place_of(passage: Passage, start: int, end: int) -> str | None:
    """Where a list stands, which its items do not say: the title and the headings. `None` of what is no list."""
    part = passage.part_at(start)
    before, behind = passage.text[part.start : start][-1:], passage.text[end : part.end][:1]
    if not {before, behind} <= {"", "\n"} or not is_list(passage, part):
        return None
    path = " › ".join(dict.fromkeys(filter(None, (passage.title, *reversed(lowest_first(passage, part))))))
    return f"{path}; {GOES_ON}" if behind and "\n" in passage.text[start:end] else path


def is_list(passage: Passage, part: Part) -> bool:
    """Whether the lines of a guideline's part are items: none is a paragraph, a table's row or what leads to more, and the first is no case of what
    stands above ("If the patient improves:"). A single line is one where it is neither a sentence nor graded."""
    if passage.kind is not Kind.GUIDELINE or part.role not in _ROLES:
        return False
    text = passage.text[part.start : part.end]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines or _unfit(text, passage) or _TABLE in text or lines[-1].endswith(_LEADS) or _A_CASE.match(lines[0]):
        return False
    if len(lines) == 1 and (
        passage.page is not None  # where it may be a caption, or a cell of a table
        or part.role is Role.RECOMMENDATION
        or without_references(lines[0]).endswith(_SENTENCE_ENDS)
        or is_titled(lines[0])
        or _POINTS_ELSEWHERE.match(lines[0])
    ):
        return False
    return 2 * sum(map(_is_prose, lines)) < len(lines) and all(len(line.split()) <= _LONGEST_LINE for line in lines)


def _is_prose(line: str) -> bool:
    """Whether it is a sentence too long for an item, or more than one; an item may be long that begins with a drug or with what it is on."""
    line = without_references(line)
    if ":" in line[:_LABEL] or drugs_in(" ".join(line.split()[:2])):
        return False
    return line.endswith(_SENTENCE_ENDS) and (len(line.split()) > _LONG_ITEM or _TWO_SENTENCES.search(line) is not None)
