"""How questions are answered, with a language model and without."""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter

from assistant.composing.answerable import shipped as shipped_bars
from blocks.results import RESULTS, interval, load

_COUNTED = re.compile(r"None of the \d+ sentences")
"""As earlier runs said it."""
_OTHERWISE = "The answer was put together from sentences of the sources instead."


def example() -> str:
    """The README's first question, as the command line answered it."""
    return "```\n" + (RESULTS / "example.txt").read_text(encoding="utf-8") + "```"


def answers() -> str:
    """What the extractive engine answers and refuses."""
    result = load("answers")
    names = {
        "answered": "starter questions answered",
        "gold": "… citing a document that holds the answer",
        "figure": "… whose cited words hold the expected figure or word",
        "refused": "starter questions it must refuse, refused",
        "refused_bioasq": "BioASQ questions (outside the starter library) refused",
    }
    lines = ["| measure | share [95% interval] | n |", "|---|---|---|"]
    lines += [f"| {text} | {interval(result[name])} | {result[name]['n']} |" for name, text in names.items()]
    return "\n".join(lines)


def guideline_lists() -> str:
    """How often a question for a section of a guideline that is lists is answered from it: before, now, and with the guideline taken away."""
    result = load("guideline_lists")
    lines = [
        "| section asked for | questions | answered by sentences alone | … first from the section | answered | … first from the section "
        "| answered with the guideline taken away |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for section, row in result["sections"].items():
        alone, there, away = row["sentences alone"], row["in the library"], row["taken away"]
        shares = (
            alone["answered"],
            alone["first_section"],
            there["answered"],
            there["first_section"],
            away["answered"],
        )
        lines.append(f"| {section.lower()} | {row['n']} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    return "\n".join(lines)


def abstention() -> str:
    """What each ingredient of the decision adds, and what the bars that ship come to, set by set."""
    result = load("abstention")
    names = [name for name in next(iter(result["ingredients"].values())) if name != "auroc"]
    lines = [
        "| decided by | AUROC | "
        + " | ".join(f"coverage at a risk of {float(name.split('@')[1]):.0%}" for name in names)
        + " |",
        "|---" * (2 + len(names)) + "|",
    ]
    for ingredients, row in result["ingredients"].items():
        lines.append(f"| {ingredients} | {row['auroc']:.3f} | {' | '.join(f'{row[name]:.3f}' for name in names)} |")
    shipped, chosen = shipped_bars().model_dump(), result["model"]
    bars = ("bar", "bar_in_full", "meaning_in_full")
    anew = [chosen[bar] for bar in bars] != [shipped[bar] for bar in bars]
    lines += [
        "",
        f"Shipped bars: {shipped['bar']}; for a sentence that names all of the question {shipped['bar_in_full']}, "
        f"or a meaning of {shipped['meaning_in_full']}"
        + (f" (chosen anew by this run: {', '.join(str(chosen[bar]) for bar in bars)}). " if anew else ". ")
        + f"What bars chosen so come to on folds that they were not chosen on (risk {result['risk']:.3f}):",
        "",
        "| set | answerable | answered | … from a document that answers | unanswerable | answered all the same |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    lines += [f"| {name} | {' | '.join(map(str, row.values()))} |" for name, row in result["sets"].items()]
    return "\n".join(lines)


def latency() -> str:
    """Milliseconds of a question on the warm server."""
    result = load("ask_latency")
    first, spread = result["first"], result["spread_ms"]
    lines = [f"| {result['n']} questions, 2 cores | p50 | p95 | slowest |", "|---|---|---|---|"]
    lines.append(f"| asked for the first time | {first['p50_ms']} ms | {first['p95_ms']} ms | {first['max_ms']} ms |")
    cells = [f"{result[m]} ms ({spread[m][0]}-{spread[m][1]})" for m in ("p50_ms", "p95_ms")]
    lines.append(f"| asked again, {result['repeats']} times | {cells[0]} | {cells[1]} | {result['max_ms']} ms |")
    return "\n".join(lines)


def sentences() -> str:
    """How well each signal finds the sentence that carries a claim."""
    result = load("sentence_choice")
    lines = ["| signal | mean average precision | first sentence right | ms a sentence |", "|---|---|---|---|"]
    for name, row in result["signals"].items():
        lines.append(f"| {name} | {row['map']:.3f} | {row['p1']:.3f} | {row['ms']:.1f} |")
    return "\n".join(lines)


def local_llm() -> str:
    """What a real, small model did with questions of the development sets, by set and in all."""
    run = load("local_llm")
    rows = run["questions"]
    groups = {name: [row for key, row in rows.items() if key.startswith(f"{name}:")] for name in ("pubmedqa", "bioasq")}
    lines = [
        f"| {run['model']}, {run['documents']} documents | questions | answered by the model | said there is no answer | by the sources instead "
        "| tool calls | sentences shown | left out | all quotes verbatim | gold document cited | median seconds | median tokens |",
        "|---" * 12 + "|",
    ]
    for name, group in [*groups.items(), ("both", list(rows.values()))]:
        if not group:
            continue
        by_model = [row for row in group if row["engine"] == "llm"]
        cells = [
            name,
            len(group),
            sum(not row["abstained"] for row in by_model),
            sum(row["abstained"] for row in by_model),
            sum(row["engine"] != "llm" for row in group),
            sum(len(row["tools"]) for row in group),
            sum(row["shown"] for row in by_model),
            sum(row["left_out"] for row in by_model),
            "yes" if all(row["verbatim"] for row in group) else "no",
            sum(row["gold_cited"] for row in group),
            f"{statistics.median(row['seconds'] for row in group):.0f}",
            f"{statistics.median(sum(row['tokens']) for row in group):,.0f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    whys = [" ".join(row["why"]).removesuffix(_OTHERWISE).strip() for row in rows.values() if row["why"]]
    failed = Counter(_COUNTED.sub("No sentence", why) for why in whys)
    said = [f"- {count} x {why}" for why, count in failed.most_common()]
    return "\n".join([*lines, "", "Why the sources answered instead:", "", *(said or ["- it never happened"])])


def llm_overhead() -> str:
    """What the workflow adds to a model and the index."""
    run = load("llm_overhead")
    rows = (("to the first event", "first"), ("beside the model and the searches", "beside"))
    lines = [f"| {run['n']} questions, {run['machine']['cores']} cores | p50 | p95 | slowest |", "|---|---|---|---|"]
    lines += [
        f"| {label} | {run[key]['p50_ms']} ms | {run[key]['p95_ms']} ms | {run[key]['max_ms']} ms |"
        for label, key in rows
    ]
    return "\n".join(lines)


def tools() -> str:
    """Every tool as a model is told of it, and what it takes."""
    from assistant.settings import Settings
    from assistant.tools import load_tools
    from assistant.tools.base import signature

    lines = ["| tool | what a model is told | it takes | as JSON, as text (characters) |", "|---|---|---|---|"]
    known = load_tools(Settings(live_tools=True)).values()
    for each in known:
        schema = each.arguments.model_json_schema()
        needed = schema.get("required", ())
        takes = ", ".join(f"**{name}**" if name in needed else name for name in schema["properties"])
        told, *shown = each.description.split("\n")
        examples = "".join(f"<br>*{question}* → `{call}`" for question, call in (line.split(" -> ") for line in shown))
        told_as = {"name": each.name, "description": each.description, "parameters": schema}
        lines.append(
            f"| `{each.name}` | {told}{examples} | {takes} | {len(json.dumps(told_as))}, {len(signature(each))} |"
        )
    return "\n".join(lines)


def designs() -> str:
    """How the text of an article tells its design, its title hidden."""
    lines = ["| design by the title | randomised trial | observational study | not said | n |", "|---|---|---|---|---|"]
    for design, read in load("appraisal").items():
        cells = [interval(read[name]) for name in ("randomised trial", "observational study", "unknown")]
        lines.append(f"| {design} | {' | '.join(cells)} | {read['unknown']['n']} |")
    return "\n".join(lines)
