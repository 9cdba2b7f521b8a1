"""How well passages are found and ranked."""

from __future__ import annotations

from blocks.results import interval, load


def retrieval() -> str:
    """nDCG@10, recall@100 and MRR@10 of the product's blend and of its parts."""
    lines = ["| set (queries) | ranking | nDCG@10 | recall@100 | MRR@10 |", "|---|---|---|---|---|"]
    for name in ("scifact", "nfcorpus", "sigir_trials"):
        result = load(f"retrieval-{name}")
        for system in ("bm25", "dense", "rrf", "blend"):
            metrics = result["systems"][system]
            cells = " | ".join(interval(metrics[m]) for m in ("ndcg@10", "recall@100", "mrr@10"))
            label = "**blend** (shipped)" if system == "blend" else system
            lines.append(f"| {name} ({result['n']}) | {label} | {cells} |")
    return "\n".join(lines)


def ranking() -> str:
    """What each ingredient of ranking gives: nDCG@10 on each set, and what it gains over the plain blend, query by query."""
    sets = load("ranking")["sets"]
    names = list(dict.fromkeys(row for each in sets.values() for row in each["rows"]))
    lines = ["| ingredient | " + " | ".join(f"{name} ({each['n']})" for name, each in sets.items()) + " |"]
    lines.append("|---" * (1 + len(sets)) + "|")
    for name in names:
        cells = [_with_gain(each["rows"].get(name)) for each in sets.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _with_gain(row: dict[str, float] | None) -> str:
    if row is None:
        return "–"
    gain = f" ({row['gain']:+.3f} [{row['gain_low']:+.3f}, {row['gain_high']:+.3f}])" if "gain" in row else ""
    return f"{row['value']:.3f}{gain}"


def ranking_weights() -> str:
    """The dense weights that cross-validation chose, by sort of query; and how many queries of each sort a set has."""
    lines = ["| set | sort of query | queries | dense weight chosen, by fold |", "|---|---|---|---|"]
    for name, each in load("ranking")["sets"].items():
        for kind, weights in each["weights"].items():
            chosen = ", ".join(f"{weight:g}" for weight in weights)
            lines.append(f"| {name} | {kind} | {each['kinds'][kind]} | {chosen} |")
    return "\n".join(lines)


def reranking() -> str:
    """The cross-encoder's logits blended into the order of the best 20, at several weights, on a sample of queries."""
    sets = {name: each["reranker"] for name, each in load("ranking")["sets"].items() if "reranker" in each}
    weights = list(next(iter(sets.values()))["weights"])
    lines = ["| set (queries) | seconds a query | " + " | ".join(f"weight {weight}" for weight in weights) + " |"]
    lines.append("|---" * (2 + len(weights)) + "|")
    for name, each in sets.items():
        cells = " | ".join(f"{each['weights'][weight]:.3f}" for weight in weights)
        lines.append(f"| {name} ({each['queries']}) | {each['seconds']:.2f} | {cells} |")
    return "\n".join(lines)


def fields() -> str:
    """BM25 with other weights of MeSH headings and of recommendations."""
    lines = ["| set (questions, passages) | BM25 | nDCG@10 | gain |", "|---|---|---|---|"]
    for name, each in load("ranking")["fields"].items():
        for label, row in each["rows"].items():
            gain = f"{row['gain']:+.3f} [{row['gain_low']:+.3f}, {row['gain_high']:+.3f}]" if "gain" in row else ""
            lines.append(f"| {name} ({each['n']}, {each['passages']:,}) | {label} | {interval(row)} | {gain} |")
    return "\n".join(lines)


def ranking_costs() -> str:
    """Milliseconds that each part of ranking takes."""
    sets = load("ranking")["costs"]
    lines = [
        "| milliseconds | "
        + " | ".join(f"{name} ({each['passages']:,} passages)" for name, each in sets.items())
        + " |"
    ]
    lines.append("|---" * (1 + len(sets)) + "|")
    lines += [
        f"| {part} | {' | '.join(format(each['ms'][part], '.2f') for each in sets.values())} |"
        for part in next(iter(sets.values()))["ms"]
    ]
    return "\n".join(lines)
