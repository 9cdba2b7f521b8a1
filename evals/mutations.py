"""Makes false claims of true sentences, by rule: a figure, a direction, a drug, a denial, a population changed; and true ones by harmless rewording.

The rules and their words are this module's own, not the verifier's, so that what it does not know is tried too. They share nothing with those of
`assistant.verification.training.perturbation`, on purpose: what the neural verifier is measured with must not be made as what it learnt from.
Nothing is drawn twice from one seed differently.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evals.inversions import contradict_ratio, drop_against, exchange_prefix, invert_word, strengthen_advice
from evals.replacements import lines, pairs

NUMBER = re.compile(r"(?<![\w.,/-])(\d{1,3}(?:,\d{3})+|\d+(?:[.·]\d+)?)(?![\w,]*\d)(?=[\s%)\].,;–-]|mg|$)")
LIMITED = re.compile(
    r"\b(patients|adults|people|individuals|women|men|children|persons) "
    r"(?:with|who have|without|receiving|undergoing|at (?:high|increased) risk (?:of|for)) [a-z0-9-]+(?: [a-z0-9-]+){0,4}?"
    r"(?=[,.;]| (?:was|were|is|are|had|has|have|and|who|in|the|to|by|should)\b)"
)
VERB = re.compile(r"\b(was|were|is|are|has|have|had|can|should|did|does|do|will|would|may)\b(?! not| no)")
_WORDS = {
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "10": "ten",
    "12": "twelve",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A claim made of a sentence. `kind` says how; `true`: whether the sentence still carries it."""

    kind: str
    sentence: str
    claim: str
    true: bool


Rule = Callable[[str, random.Random], str | None]


def swap_number(sentence: str, chance: random.Random) -> str | None:
    """One figure becomes another of the same form."""
    places = list(NUMBER.finditer(sentence))
    if not places:
        return None
    match = chance.choice(places)
    digits = match[1]
    position = chance.choice([n for n, character in enumerate(digits) if character.isdigit()])
    others = [d for d in "123456789" if d != digits[position]]
    changed = digits[:position] + chance.choice(others) + digits[position + 1 :]
    return sentence[: match.start(1)] + changed + sentence[match.end(1) :]


def exchange_numbers(sentence: str, chance: random.Random) -> str | None:
    """Two percentages or means change places, so that both are still in the source."""
    places = list(NUMBER.finditer(sentence))
    pairs = [
        (a, b)
        for a in places
        for b in places
        if a.start() < b.start()
        and a[1] != b[1]
        and _after(sentence, a) == _after(sentence, b)
        and b.start() - a.end() > 12
    ]
    if not pairs:
        return None
    a, b = chance.choice(pairs)
    return sentence[: a.start(1)] + b[1] + sentence[a.end(1) : b.start(1)] + a[1] + sentence[b.end(1) :]


def _after(sentence: str, match: re.Match[str]) -> str:
    following = re.match(r"\s?(?:%|[a-z]+)?", sentence[match.end(1) :])
    return following[0].strip() if following else ""


def swap_unit(sentence: str, chance: random.Random) -> str | None:
    """A figure's unit becomes another: weeks months, mg g, per cent nothing."""
    units = dict(pairs("units"))
    places = list(re.finditer(r"(?<=\d[\s-])(" + "|".join(units) + r")\b", sentence))
    if not places:
        return None
    match = chance.choice(places)
    return sentence[: match.start()] + units[match[1]] + sentence[match.end() :]


def swap_comparator(sentence: str, chance: random.Random) -> str | None:
    """A bound is turned round: at least, at most; less than, more than."""
    turned = dict(pairs("bounds"))
    places = list(re.finditer("|".join(map(re.escape, turned)) + r"(?=\s?\.?\d|)", sentence))
    places = [match for match in places if re.match(r"\s?\.?\d", sentence[match.end() :]) or match[0].startswith("or ")]
    if not places:
        return None
    match = chance.choice(places)
    return sentence[: match.start()] + turned[match[0]] + sentence[match.end() :]


def flip_direction(sentence: str, chance: random.Random) -> str | None:
    """A word of direction becomes its opposite."""
    found = []
    for pair in pairs("opposites"):
        for one, other in (pair, pair[::-1]):
            for match in re.finditer(rf"(?<![\w-]){one}(?![\w-])(?! than \d| against| not)", sentence):
                found.append((match, other))  # noqa: PERF401 - two loops and a pair
    if not found:
        return None
    match, other = chance.choice(found)
    return sentence[: match.start()] + other + sentence[match.end() :]


def swap_drug(sentence: str, chance: random.Random) -> str | None:
    """A drug becomes another that the sentence does not name."""
    drugs = lines("drugs")
    places = [match for match in re.finditer(r"\b[A-Za-z]+\b", sentence) if match[0].lower() in drugs]
    if not places:
        return None
    match = chance.choice(places)
    same = {frozenset({"salbutamol", "albuterol"}), frozenset({"rifampicin", "rifampin"})}
    others = [d for d in drugs if d not in sentence.lower() and frozenset({d, match[0].lower()}) not in same]
    other = chance.choice(others)
    return (
        sentence[: match.start()] + (other.capitalize() if match[0][0].isupper() else other) + sentence[match.end() :]
    )


def negate(sentence: str, chance: random.Random) -> str | None:
    """A verb is denied, or a denial taken away."""
    denied = re.search(r"\b(?:was|were|is|are|has|have|did|does|do|should|can|could|may|would) (not )", sentence)
    if denied and chance.random() < 0.5:
        return sentence[: denied.start(1)] + sentence[denied.end(1) :]
    places = list(VERB.finditer(sentence))
    if not places:
        return None
    match = chance.choice(places)
    return f"{sentence[: match.end()]} not{sentence[match.end() :]}"


def widen(sentence: str, chance: random.Random) -> str | None:
    """What limits the population is dropped."""
    found = [(match.span(), match[1]) for match in LIMITED.finditer(sentence)]
    for narrow, wide in pairs("wider"):
        found += [(match.span(), wide) for match in re.finditer(rf"(?<![\w-]){narrow}(?![\w-])", sentence)]
    if not found:
        return None
    (start, end), wide = chance.choice(found)
    return sentence[:start] + wide + sentence[end:]


def drop_hedge(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001 - rules are alike
    """What may be, is."""
    for hedged, certain in (
        (r"\bmay (?=[a-z]+ )", ""),
        (r"\bmight (?=[a-z]+ )", ""),
        (r"\bcould (?=[a-z]+ )", ""),
        (r"\bappears? to ", ""),
        (r"\b(?:was|were|is|are) associated with (?:an? )?(?=reduc|increas|decreas|lower|higher)", "causes "),
    ):
        if re.search(hedged, sentence):
            return re.sub(hedged, certain, sentence, count=1)
    return None


def same(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001
    """The sentence itself."""
    return sentence


def reformat(sentence: str, chance: random.Random) -> str | None:
    """The same figures in another format."""
    changed = sentence
    changed = re.sub(r"(\d)\s?%", r"\1 percent" if chance.random() < 0.5 else r"\1 %", changed)
    changed = (
        re.sub(r"(?<!\d)0\.(\d)", r".\1", changed)
        if chance.random() < 0.5
        else re.sub(r"(?<=\d)\.(?=\d)", "·", changed)
    )
    changed = re.sub(r"(\d),(\d{3})(?!\d)", r"\1\2", changed)
    changed = re.sub(r"(\d)\s?mg\b", r"\1mg", changed)
    changed = re.sub(
        r"(?<![\d.·,–-])\b(\d+) (weeks|months|days|years|patients|trials|studies)\b",
        lambda match: f"{_WORDS.get(match[1], match[1])} {match[2]}",
        changed,
    )
    changed = re.sub(r"≥\s?(\d)", r"at least \1", changed)
    changed = re.sub(r"[Pp]\s?<\s?0?\.(\d)", r"p < 0.\1", changed)
    return changed if changed != sentence else None


def reword(sentence: str, chance: random.Random) -> str | None:
    """Synonyms, spellings, abbreviations and openings that change nothing."""
    fitting = [(a, b) for a, b in pairs("synonyms") if re.search(rf"(?<!\w){re.escape(a.strip())}(?!\w)", sentence)]
    if not fitting:
        return None
    changed = sentence
    for a, b in chance.sample(fitting, min(2, len(fitting))):
        changed = re.sub(
            rf"(?<!\w){re.escape(a.strip())}(?!\w)" + (r"\s?" if not b else ""), b.strip(), changed, count=1
        )
    changed = changed[0].upper() + changed[1:]
    return changed if changed != sentence else None


def trim(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001
    """What stands in brackets is left out."""
    changed = re.sub(r"\s?\([^()]*\)", "", sentence)
    return changed if changed != sentence and len(changed) > 40 else None


FALSE: dict[str, Rule] = {
    "number swapped": swap_number, "numbers exchanged": exchange_numbers, "unit swapped": swap_unit, "comparator turned": swap_comparator,
    "direction flipped": flip_direction, "drug swapped": swap_drug, "negated": negate, "population widened": widen, "hedge dropped": drop_hedge,
    "word inverted": invert_word, "prefix exchanged": exchange_prefix, "against dropped": drop_against, "advice strengthened": strengthen_advice,
    "ratio contradicted": contradict_ratio,
}  # fmt: skip
TRUE: dict[str, Rule] = {"unchanged": same, "format changed": reformat, "reworded": reword, "brackets left out": trim}


LABELS = {
    "drug swapped": "neutral",
    "population widened": "neutral",
    "hedge dropped": "neutral",
    "advice strengthened": "neutral",
}
"""What the sentence says of a false claim of that kind: nothing; of the other kinds it says something else."""


def pair(mutant: Mutant) -> dict[str, str]:
    """The mutant as a line of a support set."""
    label = "support" if mutant.true else LABELS.get(mutant.kind, "contradict")
    key = hashlib.sha256(f"{mutant.kind}\0{mutant.claim}\0{mutant.sentence}".encode()).hexdigest()[:12]
    return {"id": key, "claim": mutant.claim, "evidence": mutant.sentence, "label": label, "kind": mutant.kind}


def mutants(sentences: Sequence[str], seed: int, most: int) -> Iterator[Mutant]:
    """At most `most` claims of each kind, from sentences drawn in an order that the seed gives."""
    for kind, rule in (FALSE | TRUE).items():
        chance = random.Random(f"{seed} {kind}")  # noqa: S311 - reproducible, not secret
        made = 0
        for sentence in chance.sample(list(sentences), len(sentences)):
            claim = rule(sentence, chance)
            if claim is None or (claim == sentence and kind != "unchanged"):
                continue
            yield Mutant(kind, sentence, claim, kind in TRUE)
            made += 1
            if made == most:
                break
