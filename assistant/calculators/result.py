"""What a calculator gives: the value, how it came about, and the sentences by which it is cited."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from assistant.calculators.inputs import Used
from assistant.calculators.sources import Source


@dataclass(frozen=True, slots=True)
class Points:
    """What one item of a score counted. `label` says why, or names the item where it counted nothing."""

    item: str
    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the source of the bands says of a value: the band's name, what it means, and who says so."""

    name: str
    meaning: str
    source: Source


@dataclass(frozen=True, slots=True)
class Result:
    """A value computed. `shown` is the value as it is written, with its unit; `interpretation` is `None` where no source draws bands."""

    calculator: str
    title: str
    value: float
    shown: str
    unit: str
    points: tuple[Points, ...]
    interpretation: Interpretation | None
    inputs: tuple[Used, ...]
    warnings: tuple[str, ...]
    formula: str
    source: Source
    version: str

    @property
    def document_id(self) -> str:
        """Says what was computed from what, URL-safe: calculator, version and inputs by name. From it the result can be computed again."""
        inputs = sorted((used.name, used.written) for used in self.inputs if not used.derived)
        asked = urlencode(inputs, quote_via=quote, safe="")
        return f"calculator:{self.calculator}@{quote(self.version, safe='')}?{asked}"

    @property
    def passage_id(self) -> str:
        """The identifier under which `text` is cited: the same for the same inputs and version."""
        return f"{self.document_id}#0"

    @property
    def statement(self) -> str:
        """One sentence: what was computed from what by which formula."""
        if self.points:
            counted = [f"{each.label} {each.points:+g}" for each in self.points if each.points]
            basis = f"({', '.join(counted) or 'no item counts'})"
        else:
            basis = f"from {', '.join(used.words for used in self.inputs)}"
        return f"{self.title} {self.shown} {basis} by {self.source.short}."

    @property
    def text(self) -> str:
        """The passage that carries the result: a few sentences, each of them whole, each fit to be quoted."""
        sentences = [self.statement]
        if self.points:
            sentences.append(f"The inputs were {'; '.join(used.words for used in self.inputs)}.")
        if self.interpretation:
            said = self.interpretation
            sentences.append(f"Interpretation by {said.source.short}: {said.name}, {said.meaning}.")
        sentences += self.warnings
        sentences.append(f"The formula is {self.formula}.")
        sentences.append(f"The source is {self.source.line}.")
        return " ".join(sentences)
