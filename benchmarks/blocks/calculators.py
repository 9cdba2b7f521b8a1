"""The clinical calculators."""

from __future__ import annotations


def calculators() -> str:
    """Every clinical calculator: its inputs and the publication it comes from."""
    from assistant.calculators import calculators  # only this table needs it

    lines = ["| name | what it is | inputs | source |", "|---|---|---|---|"]
    for each in sorted(calculators().values(), key=lambda each: (each.topic, each.name)):
        inputs = ", ".join(f"`{wanted.name}`" + (" (optional)" if wanted.optional else "") for wanted in each.inputs)
        source = f"[{each.source.short}]({each.source.url})" if each.source.url else each.source.short
        lines.append(f"| `{each.name}` | {each.title} ({each.topic}) | {inputs} | {source} |")
    return "\n".join(lines)


def calculation() -> str:
    """The passage that carries a result, for the first example of CHA2DS2-VASc."""
    from assistant.calculators import find_calculator

    calculator = find_calculator("cha2ds2_vasc")
    result = calculator.calculate(calculator.examples[0].inputs)
    return f"`{result.passage_id}`:\n\n> {result.text}"
