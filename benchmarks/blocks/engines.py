"""How the engines search, on processors and on GPUs."""

from __future__ import annotations

import statistics
from typing import Any

from blocks.results import load

BUCKETS = (0.99, 0.95, 0.9, 0.8)  # of recall
PUBMED_NOW = 38_200_000  # of which abstracts are to be embedded and found, one vector each


def quantisation() -> str:
    """What quantised vectors find and take, in the embedded engine."""
    lines = [
        "| vectors | quantisation | recall@10 | p50 ms | p95 ms | to build, s | disk, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in load("quantisation")["results"]:
        cells = (
            f"{row['vectors']:,}",
            row["quantisation"],
            f"{row['recall@10']:.3f}",
            f"{row['p50_ms']:.2f}",
            f"{row['p95_ms']:.2f}",
            f"{row['optimise_s']:.1f}",
            f"{row['disk_mib']:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def hybrid() -> str:
    """The whole search with a filter, over size."""
    lines = [
        "| passages | engine | p50 (range), ms | p95 (range), ms | of it embedding, dense, lexical | recall@10, filtered "
        "| fill + build, s | resident (mapped), MiB | disk, MiB |",
        "|---" * 9 + "|",
    ]
    for size, name, run in _by_size(load("engines")["hybrid"]):
        search, parts = run["search"], run["parts"]
        cells = [
            f"{search[m]:.1f} ({search['spread_ms'][m][0]:.1f}-{search['spread_ms'][m][1]:.1f})"
            for m in ("p50_ms", "p95_ms")
        ]
        cells.append(", ".join(f"{parts[part]:.1f}" for part in ("embedding", "dense", "lexical")))
        cells.append(f"{run['recall']:.3f}, {run['recall_filtered']:.3f}")
        cells.append(f"{run['fill_s']:,.0f} + {run['build_s']:,.0f}")
        cells.append(f"{run['memory_mib']:,.0f} ({run['mapped_mib']:,.0f})")
        lines.append(f"| {size:,} | {name} | {' | '.join(cells)} | {run['disk_mib']:,.0f} |")
    return "\n".join(lines)


def side_by_side() -> str:
    """All systems at each size: the ten nearest of a vector, without and with the filter."""
    lines = [
        "| vectors | recall@10 | system | median, ms | p95, ms | queries a second | filtered: recall@10 | median, ms | queries a second "
        "| fill + build, s | memory, MiB |",
        "|---" * 11 + "|",
    ]
    rows = _by_size(load("engines")["dense"])
    measured = [row for row in rows if "skipped" not in row[2]]
    for size, name, run in sorted(measured, key=_like_recall):
        every, some = run["all"], run["filtered"]
        speed = f"{every['p50_ms']:.2f} | {every['p95_ms']:.2f} | {statistics.median(every['qps']):,.0f}"
        filtered = f"{_bucket(some['recall'])} | {some['p50_ms']:.2f} | {statistics.median(some['qps']):,.0f}"
        cost = f"{run['fill_s']:,.1f} + {run['build_s']:,.1f} | {run['memory_mib']:,.0f}"
        lines.append(f"| {size:,} | {_bucket(every['recall'])} | {name} | {speed} | {filtered} | {cost} |")
    left_out = [f"{name} at {size:,}: {run['skipped']}" for size, name, run in rows if "skipped" in run]
    return "\n".join([*lines, "", f"Not measured: {'; '.join(left_out)}." if left_out else ""]).rstrip()


def gpu_embedding() -> str:
    """Abstracts embedded a second, on each machine, and how long all of PubMed would take."""
    lines = [
        "| machine, day | precision | batch | abstracts a second | share of the peak | all of PubMed, hours |",
        "|---" * 6 + "|",
    ]
    for name, run in load("gpu").items():
        for row in run["embedding"]:
            batch = row["batch"] or "by length"
            if "skipped" in row:
                lines.append(f"| {name}, {run['day']} | {row['precision']} | {batch} | {row['skipped']} | | |")
                continue
            share = f"{row['share_of_peak']:.1%}" if row.get("share_of_peak") else ""
            hours = PUBMED_NOW / row["abstracts_per_s"] / 3600
            lines.append(
                f"| {name}, {run['day']} | {row['precision']} | {batch} | {row['abstracts_per_s']:,.0f} | {share} | {hours:,.1f} |"
            )
    return "\n".join(lines)


def gpu_search() -> str:
    """FAISS on the GPU and on the processor, and what all of PubMed would take by the same measure."""
    lines = [
        "| machine | vectors | index | recall@10 | one question, ms | questions a second, in batches | build, s | MiB "
        "| all of PubMed: build, hours | GiB |",
        "|---" * 10 + "|",
    ]
    left_out = []
    for machine, run in load("gpu").items():
        rows = [(int(size), name, row) for size, done in run["search"].items() for name, row in done.items()]
        for size, name, row in rows:
            if "skipped" in row:
                left_out.append(f"{name} over {size:,} on {machine}: {row['skipped']}")
                continue
            times = PUBMED_NOW / size
            speed = f"{row['recall']:.3f} | {row['one_ms']:.2f} | {row['qps']:,.0f} | {row['build_s']:,.1f} | {row['memory_mib']:,.0f}"
            scaled = f"{row['build_s'] * times / 3600:,.2f} | {row['memory_mib'] * times / 1024:,.1f}"
            lines.append(f"| {machine} | {size:,} | {name} | {speed} | {scaled} |")
    return "\n".join([*lines, "", f"Not measured: {'; '.join(left_out)}." if left_out else ""]).rstrip()


def _by_size(results: dict[str, dict[str, Any]]) -> list[tuple[int, str, dict[str, Any]]]:
    """Size, name and result, by size; systems stay in the order in which they were measured."""
    rows = [(int(size), name, run) for name, sizes in results.items() for size, run in sizes.items()]
    return sorted(rows, key=lambda row: row[0])


def _bucket(recall: float) -> str:
    """Recall as comparisons group it, so that only systems that find as much are held against each other."""
    return next((f"≥ {floor:.2f}" for floor in BUCKETS if recall >= floor), f"< {BUCKETS[-1]:.2f}")


def _like_recall(row: tuple[int, str, dict[str, Any]]) -> tuple[int, int, float]:
    size, _, run = row
    return size, sum(run["all"]["recall"] < floor for floor in BUCKETS), run["all"]["p50_ms"]
