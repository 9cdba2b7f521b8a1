"""Which way answers point, which sentences carry them, and what the `qa` suite measures of both."""

from __future__ import annotations

from blocks.results import interval, load

SETS = {
    "pubmedqa": "PubMedQA (abstract without its conclusion)",
    "pubmedqa conclusions": "PubMedQA (its conclusion)",
    "bioasq": "BioASQ, yes/no",
    "evidence_inference": "Evidence Inference (abstract)",
}
KINDS = {"yes_no": "rules", "judged": "rules and verifier", "effect": "rules"}
QA = ("pubmedqa", "bioasq", "evidence_inference", "qa_dataset")
NAMED = {"bioasq": "BioASQ", "qa_dataset": "USPSTF questions"}
MEASURES = {
    "coverage": "answered",
    "gold_cited": "cites a document that answers",
    "span_hit": "quotes the marked words",
    "span_first": "… first",
    "grade_shown": "shows the grade",
    "section_cited": "cites the section",
    "direction_shown": "shows a direction",
    "direction_precision": "… that is right",
}


def verdicts() -> str:
    """The likeliest verdict of every question against the commonest one."""
    result = load("verdicts")
    lines = [
        "| questions (held out) | read by | n | accuracy | always the commonest | difference | macro-F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, by in KINDS.items():
        for source, row in result[kind].items():
            cells = (interval(row["accuracy"]), f"{row['majority']['value']:.3f}", interval(row["better"]))
            words = f"{SETS[source]} | {by} | {row['n']}"
            lines.append(f"| {words} | {' | '.join(cells)} | {row['macro_f1']['value']:.3f} |")
    return "\n".join(lines)


def verdicts_shown() -> str:
    """Of the verdicts that pass rules and bars: how many, how many right, how many the opposite of right."""
    result = load("verdicts")
    lines = [
        "| questions (held out) | read by | verdict | shown | right | the opposite is true |",
        "|---|---|---|---|---|---|",
    ]
    for kind, by in KINDS.items():
        for source, row in result[kind].items():
            for verdict, shown in row["shown"].items():
                lines.append(
                    f"| {SETS[source]} | {by} | {verdict} | {shown['n']} of {row['n']} | {interval(shown)} | {shown['opposite']} |"
                )
    return "\n".join(lines)


def premises() -> str:
    """How many wrong premises are corrected, and right ones denied."""
    cases = load("premises")["cases"]
    lines = ["| premise | made | said to be otherwise |", "|---|--:|--:|"]
    for form in ("compared", "without a comparator"):
        for truth in ("wrong", "right"):
            row = cases[f"{form}: {truth}"]
            lines.append(f"| {truth}, {form} | {row['n']:,} | {row['denied']} ({interval(row)}) |")
    return "\n".join(lines)


def effect_conflicts() -> str:
    """Of pairs of articles how many are told to disagree, by the bar."""
    result = load("effect_conflicts")
    lines = [
        f"| probability at least | articles read, of {result['articles']} | right | named of pairs that disagree | of pairs that agree |"
    ]
    lines.append("|---|--:|--:|--:|--:|")
    for bar, row in result["bars"].items():
        name = f"**{bar}**" if float(bar) == result["shipped_bar"] else bar
        shares = " | ".join(f"{row[each]:.3f}" for each in ("right", "disagreeing", "agreeing"))
        lines.append(f"| {name} | {row['read']} | {shares} |")
    return "\n".join(lines)


def sentence_kinds() -> str:
    """Whether what carries the answer comes first."""
    result = load("sentence_kinds")
    lines = [f"| priors ({result['questions']} questions) | mean average precision | first sentence right |"]
    lines.append("|---|---|---|")
    for name, row in result["systems"].items():
        lines.append(f"| {name} | {interval(row['map'])} | {interval(row['p1'])} |")
    return "\n".join(lines)


def questions() -> str:
    """The `qa` suite over each set, the product as shipped."""
    runs = {name: load(f"qa-{name}") for name in QA}
    heads = " | ".join(f"{NAMED.get(name, SETS.get(name, name))} ({run['n']})" for name, run in runs.items())
    lines = [f"| measure | {heads} |", "|---|" + "---|" * len(runs)]
    for measure, words in MEASURES.items():
        cells = [interval(run["metrics"][measure]) if measure in run["metrics"] else "–" for run in runs.values()]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)
