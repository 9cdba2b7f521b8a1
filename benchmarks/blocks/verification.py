"""How well the verifier tells support, contradiction and neither apart."""

from __future__ import annotations

from blocks.results import load


def support() -> str:
    """The verifier and the floors on each support set, cross-validated."""
    result = load("support")
    lines = ["| set (pairs) | system | AUROC | macro-F1 | accuracy | calibration error |", "|---|---|---|---|---|---|"]
    for name, pairs in result["pairs"].items():
        for system, sets in result["systems"].items():
            each = sets[name]
            label = f"**{system}**" if system == f"verifier, {result['best']}" else system
            cells = " | ".join(
                f"{each[metric]:.3f}" for metric in ("auroc", "macro_f1", "accuracy", "calibration_error")
            )
            lines.append(f"| {name} ({pairs:,}) | {label} | {cells} |")
    return "\n".join(lines)


def support_without() -> str:
    """What each check is worth to the model: AUROC and macro-F1 without its features, and the difference."""
    result = load("support")
    names = list(result["pairs"])
    whole = result["systems"][f"verifier, {result['best']}"]
    lines = [
        "| left out | " + " | ".join(f"{name} AUROC | macro-F1" for name in names) + " |",
        "|---" * (1 + 2 * len(names)) + "|",
    ]
    for check, sets in result["without"].items():
        cells = [
            f"{sets[name][metric]:.3f} ({sets[name][metric] - whole[name][metric]:+.3f})"
            for name in names
            for metric in ("auroc", "macro_f1")
        ]
        lines.append(f"| {check} | {' | '.join(cells)} |")
    return "\n".join(lines)


def support_faults() -> str:
    """How often some check finds a fault, by the gold label."""
    result = load("support")
    lines = [
        "| set | " + " | ".join(f"gold: {label}" for label in ("support", "contradict", "neutral")) + " |",
        "|---|---|---|---|",
    ]
    for name, labels in result["faults"].items():
        cells = [f"{labels[label]:.2f}" if label in labels else "–" for label in ("support", "contradict", "neutral")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mutations() -> str:
    """Of claims made by rule the share refused, with the checks that refuse them."""
    starter, other = load("verification")["kinds"], load("verification_corpus")["kinds"]
    lines = [
        "| claim | starter library: refused (cases) | 6,000 other sentences: refused (cases) | by |",
        "|---|---|---|---|",
    ]
    for true, title in ((False, "false"), (True, "true")):
        for kind in dict.fromkeys((*starter, *other)):
            rows = [(of.get(kind) or {}) for of in (starter, other)]
            if next(row["true"] for row in rows if row) is true:
                cells = " | ".join(
                    f"{row['refused'] / row['cases']:.3f} ({row['cases']})" if row.get("cases") else "–" for row in rows
                )
                by = list(next(row for row in rows if row)["by"])[:3]
                lines.append(f"| {title}: {kind} | {cells} | {', '.join(by) or '–'} |")
    return "\n".join(lines)


def event_tables() -> str:
    """Claims on tables of adverse events, true and false by their counts: the share refused, and borne out."""
    lines = [
        "| claim | true: borne out (claims) | refused | false: refused (claims) | borne out |",
        "|---|--:|--:|--:|--:|",
    ]
    rows = {(row["kind"], row["true"]): row for row in load("event_tables")["rows"]}
    for kind in dict.fromkeys(kind for kind, _ in rows):
        right, wrong = rows[kind, True], rows[kind, False]
        lines.append(
            f"| {kind} | {right['borne_out']:.3f} ({right['claims']}) | {right['refused']:.3f} "
            f"| {wrong['refused']:.3f} ({wrong['claims']}) | {wrong['borne_out']:.3f} |"
        )
    return "\n".join(lines)


def eligibility_claims() -> str:
    """Claims on criteria of eligibility, true and false by their list: the share that may be shown, with the check and without."""
    lines = [
        "| claim | true: shown (claims) | without the check | false: shown (claims) | without the check |",
        "|---|--:|--:|--:|--:|",
    ]
    rows = {(row["kind"], row["true"]): row for row in load("eligibility_claims")["rows"]}
    for kind in dict.fromkeys(kind for kind, _ in rows):
        cells = " | ".join(
            f"{row['shown']:.3f} ({row['claims']}) | {row['shown_without']:.3f}"
            for row in (rows[kind, True], rows[kind, False])
        )
        lines.append(f"| {kind} | {cells} |")
    return "\n".join(lines)


def tables_read() -> str:
    """Claims that people made of posted results: how many are read, and rightly."""
    lines = [
        "| set | claims on | read for sure | of them rightly | read, not surely | of them rightly |",
        "|---|---|--:|--:|--:|--:|",
    ]
    titles = {"counted": "adverse events", "measured": "outcome measures"}
    for name, kinds in load("event_tables")["people"].items():
        for kind, row in sorted(kinds.items()):
            shares = [f"{row[how]} | {row[f'{how}_right'] / max(1, row[how]):.3f}" for how in ("sure", "unsure")]
            lines.append(f"| {name} | {titles[kind]} ({row['claims']}) | {' | '.join(shares)} |")
    return "\n".join(lines)


def verification_latency() -> str:
    """How long the claims of an answer take."""
    result = load("verification")["latency"]
    lines = [f"| {result['claims']} claims | p50, ms | p95, ms |", "|---|---|---|"]
    lines += [
        f"| {name} | {result[name]['p50_ms']:.1f} | {result[name]['p95_ms']:.1f} |"
        for name in result
        if name != "claims"
    ]
    return "\n".join(lines)


def conflicts() -> str:
    """Of texts that people judged against one claim: how many of those that disagree, and of those that agree, are named."""
    result = load("conflicts")
    pairs, same = result["pairs"], result["same_matter"]
    lines = [
        f"| contradiction at least | of {pairs['disagree']} that disagree | of {pairs['agree']} that agree "
        f"| … of {same['disagree']} on the same matter | … of {same['agree']} |",
        "|---|--:|--:|--:|--:|",
    ]
    for bar, named in result["bars"].items():
        cells = [named[which][kind] for which in ("alone", "same_matter") for kind in ("disagree", "agree")]
        shown = f"**{bar}**" if float(bar) == result["shipped_bar"] else bar
        lines.append(f"| {shown} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def verifier() -> str:
    """On each support set: the verifier that has not seen the set, and the one that learnt from its other folds."""
    card = load("verifier")["card"]
    lines = ["| set (pairs) | model | AUROC | macro-F1 | accuracy | calibration error |", "|---|---|---|---|---|---|"]
    for name, before in card["before"].items():
        for label, each in (("mixture only", before), ("**cross-validated**", card["cross_validated"][name])):
            cells = " | ".join(f"{each[key]:.3f}" for key in ("auroc", "macro_f1", "accuracy", "calibration_error"))
            lines.append(f"| {name} ({before['pairs']:,}) | {label} | {cells} |")
    return "\n".join(lines)


def verifier_data() -> str:
    """What the verifier learnt from, with the pairs of each label."""
    labels = ("support", "contradict", "neutral")
    lines = ["| stage | set | " + " | ".join(labels) + " |", "|---|---" + "|--:" * len(labels) + "|"]
    for each in load("verifier")["card"]["data"]:
        counts = " | ".join(f"{each['labels'].get(label, 0):,}" for label in labels)
        lines.append(f"| {each['stage']} | {each['name']} | {counts} |")
    return "\n".join(lines)


def verifier_runs() -> str:
    """The trainings of the verifier, its size and its speed."""
    result = load("verifier")
    card = result["card"]
    lines = ["| training | pairs | steps | tokens | minutes | loss at the end |", "|---|--:|--:|--:|--:|--:|"]
    for name, run in card["runs"].items():
        cells = (
            f"{run['pairs']:,} | {run['steps']:,} | {run['tokens']:,} | {run['seconds'] / 60:,.0f} | {run['loss']:.2f}"
        )
        lines.append(f"| {name} | {cells} |")
    recipes = [
        f"{title}: " + ", ".join(f"{key} {value:g}" for key, value in card[key_of].items() if value is not None)
        for title, key_of in (("Mixture", "recipe"), ("Support sets", "support_recipe"))
    ]
    said = (
        f"The file has {result['bytes'] / 1e6:.1f} MB; its probabilities correlate with the checkpoint's by {card['agreement']:.3f}; temperature "
        f"{card['temperature']:g}. Six pairs, of an answer with four claims: {result['latency']['p50'] * 1000:,.0f} ms (median), "
        f"{result['latency']['p95'] * 1000:,.0f} ms (p95) on {result['processors']} processors whose load was {result['load']:g}."
    )
    return "\n".join([*lines, "", *(f"{each}." for each in recipes), "", said])
