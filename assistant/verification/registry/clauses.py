"""A claim on a report, clause by clause: which arms and events each is on, which figure it gives, whether it denies."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant.verification.registry.counts import affected, any_event, per_hundred
from assistant.verification.registry.event_names import Names, names
from assistant.verification.registry.report import Arm, Report
from assistant.verification.registry.scope import Scope, scopes, trials_of, united, without
from assistant.verification.words import words

_PARTS = re.compile(
    r",?\s*\b(?:whereas|while|but|however|in contrast|on the other hand)\b,?|[.;](?:\s|$)"
    r"|,\s+(?=(?:and\s+)?(?:0|none|no|only|neither|there (?:was|were)|(?:cohort|group|arm) \d|several"
    r"|the (?:primary|secondary) trial (?:had|has|did|does|record|report|only))\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no|none|neither|nor|not|never|zero|without|free of|(?<![\d.])(?<!least )0(?![\d.]))\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether the report bears the claim out. `sure`: every word that names something was found in the report. `how`: by which rule."""

    true: bool
    sure: bool
    how: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, in small letters, with blanks where it has an arm's title.

    `arms` are all arms it is on, by its own mentions or those of the clause before; `all_arms` and `rows` are the report's. `denied`: it denies;
    `repeated`: its events are those of the clause before. `whole`: the report has all that is listed.
    """

    text: str
    scopes: tuple[Scope, ...]
    arms: tuple[Arm, ...]
    all_arms: tuple[Arm, ...]
    rows: tuple[str, ...]
    names: Names
    denied: bool
    repeated: bool
    whole: bool

    @property
    def around(self) -> str:
        """The text without the events' names, one of which may be "no symptoms"."""
        return self.text if self.repeated else _but(self.text, self.names)

    @property
    def on_events(self) -> bool:
        """Whether it speaks of adverse events as such."""
        return bool(re.search(r"adverse|\baes?\b|side effect|events?\b", self.text))

    @property
    def narrow(self) -> tuple[Arm, ...]:
        """The single arms that are named."""
        return united(scope for scope in self.scopes if scope.narrow)

    def beside(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        """The other arms of the same trials."""
        return tuple(arm for arm in self.all_arms if arm not in arms and arm.trial in trials_of(arms))

    def cases(self, arms: Sequence[Arm], *, percent: bool = False, of: Collection[str] | None = None) -> float | None:
        """How many cases of what is named, or of `of`, there are, or per hundred people; where nothing is named, how many people had any event.

        `None` where the table does not say that.
        """
        rows = self.names.rows if of is None else of
        found = affected(arms, rows) if self.names.found else any_event(arms)
        if found is None:
            return None
        return per_hundred(found, arms) if percent else float(found)


def clauses(claim: str, report: Report) -> list[Clause]:
    """The clauses of a claim. One that names no arm, or no event, is on those of the clause before."""
    found: list[Clause] = []
    arms, rows = report.arms, report.event_names
    titles = frozenset(word.text for arm in arms for word in words(arm.title))
    for text in split(claim):
        own = tuple(scopes(text, arms))
        text = without(text, [scope for scope in own if scope.titled])
        said = names(without(text, own), rows, titles)
        before = found[-1] if found else None
        repeated = before is not None and bool(before.names.found) and not said.found and not said.unknown
        meant = own or (before.scopes if before else ())
        found.append(
            Clause(
                text.lower(),
                own,
                united(meant) or (before.arms if before else arms),
                arms,
                rows,
                before.names if repeated and before else said,
                bool(_DENIED.search(_but(text.lower(), said))),
                repeated,
                report.whole,
            )
        )
    return found


def _but(text: str, said: Names) -> str:
    for each in said.found:
        text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
    return text


def together(readings: Sequence[Reading | None]) -> Reading | None:
    """What the readings of all clauses say of the claim: it is wrong where one is, and right for sure only where all are."""
    known = [reading for reading in readings if reading]
    wrong = sorted((reading for reading in known if not reading.true), key=lambda reading: not reading.sure)
    if wrong or not known:
        return wrong[0] if wrong else None
    whole = len(known) == len(readings)
    return Reading(True, whole and all(reading.sure for reading in known), "+".join(reading.how for reading in known))


def split(claim: str) -> list[str]:
    """The clauses of a claim as they stand: what "whereas", a full stop, or a comma before another subject parts."""
    parts, at = [], 0
    for match in _PARTS.finditer(claim):
        parts.append(claim[at : match.start()])
        at = match.end()
    return [part for part in (*parts, claim[at:]) if part.strip()]
