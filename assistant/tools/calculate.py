"""`calculate`: clinical scores and equations, computed and cited like evidence."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, create_model

from assistant.calculators import Calculator, calculators, find_calculator
from assistant.calculators.inputs import LONGEST
from assistant.errors import CalculatorError, NotFoundError, ToolError
from assistant.tools.base import Arguments, Bench, Found

_MOST = 40  # inputs of a call
Value = bool | float | Annotated[str, StringConstraints(max_length=LONGEST)]


class Calculate:
    """All calculators as one tool. The question's filters say which documents may be used, and a computation is none of these: they do not touch it.

    With all their inputs the calculators would fill a third of a small model's context, so the names are told here and the inputs, with units,
    where a call lacks them.
    """

    name = "calculate"
    description = (
        "A score or equation from a patient's values: never compute yourself. Without inputs it lists those it needs. Not for evidence.\n"
        "eGFR, woman of 60, creatinine 1.3 mg/dL? -> calculator: ckd_epi_2021_creatinine, "
        "inputs: {age: 60, sex: female, creatinine: 1.3 mg/dL}\n"
        "Stroke risk in AF? -> calculator: cha2ds2_vasc"
    )

    @cached_property
    def arguments(self) -> type[Arguments]:
        """The names are those of the data files; reading these waits until a model is asked."""
        name = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(calculators())})]
        inputs = Annotated[dict[str, Value], Field(max_length=_MOST, json_schema_extra=_an_object)]
        made: type[Arguments] = create_model(
            "Calculation", __base__=Arguments, calculator=(name, ...), inputs=(inputs, {})
        )
        return made

    def run(self, arguments: Any, bench: Bench) -> Found:
        """The result as a passage. Raises `ToolError` that lists what is missing or wrong, with units."""
        calculator = find_calculator(arguments.calculator)
        if not arguments.inputs:
            raise ToolError(_needs(calculator))
        try:
            passage_id = calculator.calculate(arguments.inputs).passage_id
        except CalculatorError as error:
            raise ToolError(str(error)) from None
        passage = bench.shelf.passage(passage_id)
        if passage is None:
            raise ToolError("A result cannot be cited here: no shelf computes it again.")
        return Found([passage], f"Use: {calculator.use} {calculator.avoid}")


def _known(name: str) -> str:
    try:
        return find_calculator(name).name
    except NotFoundError as error:
        raise ValueError(str(error).partition(" To see")[0]) from None


def _an_object(schema: dict[str, Any]) -> None:
    schema.clear()
    schema["type"] = "object"


def _needs(calculator: Calculator) -> str:
    """What a calculator is for and all that it takes, in a line each."""
    schema = calculator.schema()
    lines = [
        f"- {name}{'' if name in schema['required'] else ' (may be left out)'}: {said['description']}"
        for name, said in schema["properties"].items()
    ]
    return "\n".join([f"{calculator.title} needs inputs. {calculator.purpose} {calculator.use}", *lines])
