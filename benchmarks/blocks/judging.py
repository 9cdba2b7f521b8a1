"""Citations by ALCE's definitions, and what a judging model made of answers."""

from __future__ import annotations

from typing import Any

from blocks.results import RESULTS, interval, load

CITED = ("citation_precision", "citation_recall", "citation_minimality", "gold_cited")
STOOD = ("verbatim", "coverage", "abstention_precision", "abstention_recall")


def citations() -> str:
    """The product and the floors on each set."""
    lines = [f"| set (questions) | system | {' | '.join(CITED)} |", "|---" * (2 + len(CITED)) + "|"]
    for name in ("pubmedqa", "bioasq"):
        result = load(f"citations-{name}")
        for number, (system, measures) in enumerate(result["systems"].items()):
            label = system if number else f"**{system}** (shipped)"
            lines.append(f"| {name} ({result['n']}) | {label} | {_cells(measures, CITED)} |")
    return "\n".join(lines)


def abstentions() -> str:
    """Verbatim quotes, and whether the product was silent where it should be."""
    lines = [f"| set (questions) | {' | '.join(STOOD)} |", "|---" * (1 + len(STOOD)) + "|"]
    for name in ("pubmedqa", "bioasq"):
        result = load(f"citations-{name}")
        lines.append(f"| {name} ({result['n']}) | {_cells(result['metrics'], STOOD)} |")
    return "\n".join(lines)


def faithfulness() -> str:
    """How far the judge agrees with people, then what it judged; until somebody has run it, that nobody has."""
    if not (RESULTS / "faithfulness.json").is_file():
        return "No run is recorded yet."
    result = load("faithfulness")
    settings = result["settings"]
    judge = result["judge"]
    lines = [
        f"| {settings['judge']} on {settings['gold pairs']} labelled claims | accuracy | kappa |",
        "|---|---|---|",
        *(
            f"| {who} | {interval(judge[f'{name}_accuracy'])} | {interval(judge[f'{name}_kappa'])} |"
            for who, name in (("the judge", "judge"), ("the verifier", "verifier"))
        ),
        "",
        f"| metric ({result['n']} questions) | {' | '.join(result['systems'])} |",
        "|---" * (1 + len(result["systems"])) + "|",
    ]
    systems = list(result["systems"].values())
    names = dict.fromkeys(name for measures in systems for name in measures)
    lines += [f"| {name} | {' | '.join(_cells(measures, (name,)) for measures in systems)} |" for name in names]
    said = f"{settings['judge calls, at most']} calls of the judge at most, {result['failures']} failures; {result['seconds'] / 60:,.0f} minutes."
    return "\n".join([*lines, "", said])


def _cells(measures: dict[str, Any], names: tuple[str, ...]) -> str:
    return " | ".join(
        f"{interval(measures[name])}, n={measures[name]['n']}" if name in measures else "–" for name in names
    )
