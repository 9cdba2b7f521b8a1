"""What the library took in, and what that takes."""

from __future__ import annotations

import statistics

from blocks.results import load

REASONS = 6  # that are shown of each source
PUBMED = 38_000_000  # records


def ingested() -> str:
    """What the library holds of each source of the data folder, and what was refused."""
    lines = [
        "| source | documents | passages | quarantined | files of no known kind | seconds |",
        "|---|---|---|---|---|---|",
    ]
    rows = load("ingest_everything")["sources"]
    for row in rows:
        failed = sum(row["quarantined"].values())
        lines.append(
            f"| {row['source']} | {row['documents']:,} | {row['passages']:,} | {failed:,} | {row['passed_over']:,} | {row['seconds']:,.0f} |"
        )
    totals = [sum(row[name] for row in rows) for name in ("documents", "passages")]
    failed = sum(sum(row["quarantined"].values()) for row in rows)
    passed, seconds = (sum(row[name] for row in rows) for name in ("passed_over", "seconds"))
    lines.append(f"| **all** | {totals[0]:,} | {totals[1]:,} | {failed:,} | {passed:,} | {seconds:,.0f} |")
    return "\n".join(lines)


def recommendations() -> str:
    """How many recommendations of each source of guidelines have which field."""
    names = ("grade", "strength", "certainty", "population")
    lines = [f"| source | recommendations | with {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for row in load("recommendations")["sources"]:
        of = row["recommendations"]
        cells = " | ".join(f"{row[name]:,} ({row[name] / of:.0%})" for name in names)
        lines.append(f"| {row['source']} | {of:,} | {cells} |")
    return "\n".join(lines)


def quarantined() -> str:
    """Why records and files were refused, the most frequent reasons of each source first."""
    lines = ["| source | times | reason |", "|---|---|---|"]
    for row in load("ingest_everything")["sources"]:
        for reason, times in list(row["quarantined"].items())[:REASONS]:
            lines.append(f"| {row['source']} | {times} | {reason.replace('|', ' ').replace('<', '&lt;')} |")
        if len(row["quarantined"]) > REASONS:
            rest = list(row["quarantined"].values())[REASONS:]
            lines.append(f"| {row['source']} | {sum(rest)} | {len(rest)} other reasons |")
    return "\n".join(lines)


def stages() -> str:
    """Milliseconds a document of each stage of ingestion, and what all but embedding adds."""
    names = ("parse", "chunk", "hash", "lexical", "embed", "index", "ledger")
    lines = [
        f"| documents | {' | '.join(names)} | all but embedding adds | embedder, of raw onnxruntime |",
        "|---" * (len(names) + 3) + "|",
    ]
    for run in load("ingestion_profile")["runs"]:
        cells = " | ".join(f"{run['stages_ms'][name]:.2f}" for name in names)
        ratios = run["embedding"]["ratio"]
        ratio = f"{statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})"
        lines.append(f"| {run['documents']:,} | {cells} | {run['pipeline']['overhead']:.1%} | {ratio} |")
    return "\n".join(lines)


def memory() -> str:
    """Resident memory while a PubMed file of so many records is ingested."""
    lines = [
        "| records | resident before | at most | with the finished library open | beside the index | index on disk | ledger | records a second |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in load("ingestion_memory")["runs"]:
        beside = max(0, run["most_mib"] - run["open_mib"])
        sizes = " | ".join(f"{run[name]:,.0f} MiB" for name in ("before_mib", "most_mib", "open_mib"))
        disk = " | ".join(f"{run[name]:,.0f} MiB" for name in ("index_mib", "ledger_mib"))
        lines.append(
            f"| {run['records']:,} | {sizes} | {beside:,.0f} MiB | {disk} | {run['records'] / run['seconds']:,.0f} |"
        )
    return "\n".join(lines)


def scale() -> str:
    """38 million records by the arithmetic of what was measured."""
    profile = max(load("ingestion_profile")["runs"], key=lambda run: run["documents"])
    cores = load("ingestion_profile")["cores"]
    largest = max(load("ingestion_memory")["runs"], key=lambda run: run["records"])
    pubmed = load("chunking")["512 word pieces"]["PubMed abstracts"]
    rate = statistics.median(profile["embedding"]["product_tokens_per_s"])
    passages = PUBMED * largest["passages"] / largest["records"]
    pieces = passages * pubmed["mean"]
    rest = sum(ms for name, ms in profile["stages_ms"].items() if name != "embed")
    a_passage = 2**20 / largest["passages"]
    rows = [
        ("records", f"{PUBMED:,}", "PubMed, 2026"),
        ("passages", f"{passages / 1e6:,.1f} million", f"{largest['passages'] / largest['records']:.2f} a record"),
        ("word pieces to embed", f"{pieces / 1e9:,.1f} billion", f"{pubmed['mean']:.0f} a passage"),
        (
            "embedding, processor",
            f"{pieces / rate / 86400:,.1f} days on {cores} cores",
            f"{rate:,.0f} word pieces a second",
        ),
        (
            "embedding, at R word pieces a second",
            f"{pieces / 86400:,.0f} / R days",
            "R: of any other machine, by `benchmarks/ingestion_profile.py` there",
        ),
        ("all the rest", f"{PUBMED * rest / 1000 / 86400:,.1f} days on one core", f"{rest:.2f} ms a record"),
        (
            "index on disk",
            f"{passages * largest['index_mib'] * a_passage / 1e9:,.0f} GB",
            f"{largest['index_mib'] * a_passage:,.0f} bytes a passage",
        ),
        (
            "index in memory",
            f"{passages * (largest['open_mib'] - largest['before_mib']) * a_passage / 1e9:,.0f} GB",
            "as the embedded engine holds it",
        ),
        ("… int8 vectors alone", f"{passages * 384 / 1e9:,.0f} GB", "384 bytes a passage, the rest on disk"),
        ("ledger", f"{PUBMED * largest['ledger_mib'] * 2**20 / largest['records'] / 1e9:,.0f} GB", "on disk"),
    ]
    return "\n".join(
        ["| part | for all of PubMed | from |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    )
