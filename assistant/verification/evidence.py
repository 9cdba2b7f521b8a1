"""What a claim is checked against: the quote, and what is known of where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.answer import Citation
from assistant.evidence import lowest_first
from indexes.passage import Passage
from ingestion.abbreviations import abbreviations
from ingestion.sources.criteria import INCLUSION, is_criterion, side_in

LongForms = Callable[[str], Sequence[str]]
"""What a short form stands for, the most usual first: `Ledger.long_forms`."""
_SHORT = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[A-Z0-9][\w-]*[A-Z0-9])[A-Za-z0-9][\w-]{1,9}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote with what it stands under and in. `animal`: the record is indexed as of animals and not of humans.

    `pairs` are the abbreviations (short, long) that the passage itself introduces, and what the library's mined table has for those of the claim.
    `headings`: those of the section that it stands in, from the lowest up. `criteria`: what it quotes of a trial's criteria of eligibility, each with
    whether it lets in (else it keeps out) whom it is about.
    """

    quote: str
    context: str = ""
    passage: str = ""
    animal: bool = False
    pairs: tuple[tuple[str, str], ...] = ()
    headings: tuple[str, ...] = ()
    criteria: tuple[tuple[str, bool], ...] = ()

    @classmethod
    def of(cls, citation: Citation, passage: Passage) -> Evidence:
        """The evidence of a citation."""
        mesh = passage.facets.mesh
        return cls(
            quote=citation.quote,
            context=" . ".join((passage.title, *passage.section)),
            passage=passage.text,
            animal="animals" in mesh and "humans" not in mesh,
            pairs=introduced(f"{passage.title}. {passage.text}"),
            headings=lowest_first(passage, passage.part_at(citation.start)),
            criteria=((citation.quote, side),) if (side := _side(passage)) is not None else (),
        )

    @classmethod
    def joined(cls, several: Sequence[Evidence]) -> Evidence:
        """Several quotes as one evidence: what one leaves open another may say."""
        return cls(
            quote=" ".join(each.quote for each in several),
            context=" . ".join(dict.fromkeys(each.context for each in several)),
            passage=" ".join(dict.fromkeys(each.passage for each in several)),
            animal=any(each.animal for each in several),
            pairs=tuple(dict.fromkeys(pair for each in several for pair in each.pairs)),
            headings=several[0].headings if len({each.headings[:1] for each in several}) == 1 else (),
            criteria=tuple(criterion for each in several for criterion in each.criteria),
        )

    def resolving(self, claim: str, long_forms: LongForms | None) -> Evidence:
        """The same with the long forms that the library knows for the short ones of claim and quote."""
        if long_forms is None:
            return self
        known = {short for short, _ in self.pairs}
        more = tuple(
            (short, long)
            for short in dict.fromkeys(_SHORT.findall(f"{claim} {self.quote}"))
            if short not in known
            for long in long_forms(short)[:2]
        )
        return replace(self, pairs=(*self.pairs, *more)) if more else self

    def spelt_out(self, text: str) -> str:
        """The text, followed by the other form of each abbreviation or long form in it."""
        return " . ".join((text, *_others(text, self.pairs)))


def _side(passage: Passage) -> bool | None:
    """Whether the list of criteria that a passage stands in lets in; `None` where it stands in none, or in one that does not say."""
    side = side_in(passage.section)
    return side == INCLUSION if side and is_criterion(passage) else None


@lru_cache(maxsize=4096)
def introduced(text: str) -> tuple[tuple[str, str], ...]:
    """The abbreviations that a text introduces, each pair once."""
    return tuple(dict.fromkeys((found.short, found.long) for found in abbreviations(text)))


def _others(text: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    folded = text.lower()
    found = []
    for short, long in pairs:
        if re.search(rf"(?<![\w-]){re.escape(short)}s?(?![\w-])", text):
            found.append(long)
        elif re.sub(r"[\s-]+", " ", long.lower()) in re.sub(r"[\s-]+", " ", folded):
            found.append(short)
    return found
