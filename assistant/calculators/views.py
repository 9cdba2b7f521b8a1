"""Calculators and their results as the doors show them: what `citewell calculate --json` prints and the API returns."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from assistant.answer import Model
from assistant.calculators.calculator import Calculator
from assistant.calculators.result import Result
from assistant.calculators.sources import Source


class SourceView(Model):
    """A publication: how it is named within a sentence, how it is cited in full, and where it can be read."""

    short: str
    citation: str
    url: str

    @classmethod
    def of(cls, source: Source) -> SourceView:
        """The view of a source."""
        return cls(short=source.short, citation=source.citation, url=source.url)


class PointsView(Model):
    """What one item of a score counted, and why."""

    item: str
    label: str
    points: float


class InterpretationView(Model):
    """What the value means, by whom."""

    name: str
    meaning: str
    source: SourceView


class InputView(Model):
    """An input as the formula used it; `given` is how it was given where that was another unit or precision."""

    name: str
    value: bool | float | str
    unit: str
    given: str


class ResultView(Model):
    """A value computed. `text` is the passage that carries it, to be quoted and cited as `passage_id`."""

    calculator: str
    title: str
    version: str
    value: float
    unit: str
    shown: str = Field(description="The value as it is written, with its unit.")
    points: list[PointsView] = Field(description="Of a score: each item, also those that counted nothing.")
    interpretation: InterpretationView | None = Field(description="`null` where no source draws bands.")
    inputs: list[InputView]
    warnings: list[str]
    formula: str
    source: SourceView
    statement: str
    text: str
    passage_id: str

    @classmethod
    def of(cls, result: Result) -> ResultView:
        """The view of a result."""
        said = result.interpretation
        return cls(
            calculator=result.calculator,
            title=result.title,
            version=result.version,
            value=result.value,
            unit=result.unit,
            shown=result.shown,
            points=[PointsView(item=each.item, label=each.label, points=each.points) for each in result.points],
            interpretation=InterpretationView(name=said.name, meaning=said.meaning, source=SourceView.of(said.source))
            if said
            else None,
            inputs=[InputView(name=u.name, value=u.value, unit=u.unit, given=u.given) for u in result.inputs],
            warnings=list(result.warnings),
            formula=result.formula,
            source=SourceView.of(result.source),
            statement=result.statement,
            text=result.text,
            passage_id=result.passage_id,
        )


class CalculatorLine(Model):
    """A calculator in a list."""

    name: str
    title: str
    topic: str
    purpose: str
    inputs: list[str]
    source: SourceView

    @classmethod
    def of(cls, calculator: Calculator) -> CalculatorLine:
        """The line of a calculator."""
        return cls(
            name=calculator.name,
            title=calculator.title,
            topic=calculator.topic,
            purpose=calculator.purpose,
            inputs=[each.name for each in calculator.inputs],
            source=SourceView.of(calculator.source),
        )


class CalculatorView(Model):
    """A calculator: when to use it and when not, its limits, and the JSON Schema of its inputs."""

    name: str
    title: str
    topic: str
    version: str
    purpose: str
    use: str
    avoid: str
    limits: list[str]
    unit: str
    formula: str
    source: SourceView
    interpretation_source: SourceView | None = Field(description="`null` where no source draws bands.")
    inputs: dict[str, Any] = Field(description="A JSON Schema (2020-12).")

    @classmethod
    def of(cls, calculator: Calculator) -> CalculatorView:
        """The view of a calculator."""
        source = (calculator.bands_source or calculator.source) if calculator.bands else None
        return cls(
            name=calculator.name,
            title=calculator.title,
            topic=calculator.topic,
            version=calculator.version,
            purpose=calculator.purpose,
            use=calculator.use,
            avoid=calculator.avoid,
            limits=list(calculator.limits),
            unit=calculator.unit,
            formula=calculator.formula,
            source=SourceView.of(calculator.source),
            interpretation_source=SourceView.of(source) if source else None,
            inputs=calculator.schema(),
        )
