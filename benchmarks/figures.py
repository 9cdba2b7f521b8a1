"""Writes every measured figure of the documents from `benchmarks/results/*.json`, between `<!-- figures:NAME -->` and `<!-- /figures -->`.

python benchmarks/figures.py           rewrites the tables in README.md and docs/*.md
python benchmarks/figures.py --check   exits 1 where a document says something else than the results
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
REASONS = 6  # that are shown of each source
PUBMED = 38_000_000  # records
BUCKETS = (0.99, 0.95, 0.9, 0.8)  # of recall
PUBMED_NOW = 38_200_000  # of which abstracts are to be embedded and found, one vector each
_OTHERWISE = "The answer was put together from sentences of the sources instead."
_BLOCK = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def _interval(metric: dict[str, float]) -> str:
    return f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]"


def retrieval() -> str:
    """nDCG@10, recall@100 and MRR@10 of the product's blend and of its parts."""
    lines = ["| set (queries) | ranking | nDCG@10 | recall@100 | MRR@10 |", "|---|---|---|---|---|"]
    for name in ("scifact", "nfcorpus", "sigir_trials"):
        result = _load(f"retrieval-{name}")
        for system in ("bm25", "dense", "rrf", "blend"):
            metrics = result["systems"][system]
            cells = " | ".join(_interval(metrics[m]) for m in ("ndcg@10", "recall@100", "mrr@10"))
            label = "**blend** (shipped)" if system == "blend" else system
            lines.append(f"| {name} ({result['n']}) | {label} | {cells} |")
    return "\n".join(lines)


def ranking() -> str:
    """What each ingredient of ranking gives: nDCG@10 on each set, and what it gains over the plain blend, query by query."""
    sets = _load("ranking")["sets"]
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
    for name, each in _load("ranking")["sets"].items():
        for kind, weights in each["weights"].items():
            chosen = ", ".join(f"{weight:g}" for weight in weights)
            lines.append(f"| {name} | {kind} | {each['kinds'][kind]} | {chosen} |")
    return "\n".join(lines)


def reranking() -> str:
    """The cross-encoder's logits blended into the order of the best 20, at several weights, on a sample of queries."""
    sets = {name: each["reranker"] for name, each in _load("ranking")["sets"].items() if "reranker" in each}
    weights = list(next(iter(sets.values()))["weights"])
    lines = ["| set (queries) | seconds a query | " + " | ".join(f"weight {weight}" for weight in weights) + " |"]
    lines.append("|---" * (2 + len(weights)) + "|")
    for name, each in sets.items():
        cells = " | ".join(f"{each['weights'][weight]:.3f}" for weight in weights)
        lines.append(f"| {name} ({each['queries']}) | {each['seconds']:.2f} | {cells} |")
    return "\n".join(lines)


def quantisation() -> str:
    """What quantised vectors find and take, in the embedded engine."""
    lines = [
        "| vectors | quantisation | recall@10 | p50 ms | p95 ms | to build, s | disk, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in _load("quantisation")["results"]:
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


def mesh() -> str:
    """BM25 with and without MeSH headings."""
    result = _load("ranking")["mesh"]
    lines = [f"| BM25 over ({result['n']} questions, {result['documents']:,} records) | nDCG@10 |", "|---|---|"]
    lines += [f"| {name} | {_interval(row)} |" for name, row in result["rows"].items()]
    return "\n".join(lines)


def answers() -> str:
    """What the extractive engine answers and refuses."""
    result = _load("answers")
    names = {
        "answered": "starter questions answered",
        "gold": "… citing a document that holds the answer",
        "figure": "… whose cited words hold the expected figure or word",
        "refused": "starter questions it must refuse, refused",
        "refused_bioasq": "BioASQ questions (outside the starter library) refused",
    }
    lines = ["| measure | share [95% interval] | n |", "|---|---|---|"]
    lines += [f"| {text} | {_interval(result[name])} | {result[name]['n']} |" for name, text in names.items()]
    return "\n".join(lines)


def latency() -> str:
    """Milliseconds of a question on the warm server."""
    result = _load("ask_latency")
    first, spread = result["first"], result["spread_ms"]
    lines = [f"| {result['n']} questions, 2 cores | p50 | p95 | slowest |", "|---|---|---|---|"]
    lines.append(f"| asked for the first time | {first['p50_ms']} ms | {first['p95_ms']} ms | {first['max_ms']} ms |")
    cells = [f"{result[m]} ms ({spread[m][0]}-{spread[m][1]})" for m in ("p50_ms", "p95_ms")]
    lines.append(f"| asked again, {result['repeats']} times | {cells[0]} | {cells[1]} | {result['max_ms']} ms |")
    return "\n".join(lines)


def sentences() -> str:
    """How well each signal finds the sentence that carries a claim."""
    result = _load("sentence_choice")
    lines = ["| signal | mean average precision | first sentence right | ms a sentence |", "|---|---|---|---|"]
    for name, row in result["signals"].items():
        lines.append(f"| {name} | {row['map']:.3f} | {row['p1']:.3f} | {row['ms']:.1f} |")
    return "\n".join(lines)


def parsers() -> str:
    """How fast and how truly PDF parsers read guidelines."""
    result = _load("pdf_parsers")
    lines = ["| parser | ms a page: median (range) | in order | verbatim |", "|---|---|---|---|"]
    for name, row in result["parsers"].items():
        speed = f"{statistics.median(row['ms']):.1f} ({min(row['ms']):.1f}-{max(row['ms']):.1f})"
        n = result["sentences"]
        lines.append(f"| {name} | {speed} | {row['ordered']}/{n} | {row['verbatim']}/{n} |")
    return "\n".join(lines)


def pubmed() -> str:
    """How fast PubMed XML is parsed: microseconds an article, and how many times as fast as pubmed_parser in the same round."""
    lines = [
        "| articles | KB each | pubmed_parser | Citewell | times as fast | by the clock | iterparse alone | MEDLINE text |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in _load("pubmed_parse")["corpora"]:
        readers = row["readers"]
        speeds = {name: f"{statistics.median(times['cpu_us']):.0f} µs" for name, times in readers.items()}
        theirs, ours = readers["pubmed_parser"], readers["citewell"]
        ratios = [a / b for a, b in zip(theirs["cpu_us"], ours["cpu_us"], strict=True)]
        cells = (
            f"{row['articles']:,} {row['name']}",
            f"{row['bytes_an_article'] / 1000:.1f}",
            speeds["pubmed_parser"],
            speeds["citewell"],
            f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f}-{max(ratios):.2f})",
            f"{min(theirs['wall_us']) / min(ours['wall_us']):.2f}",
            speeds["iterparse"],
            speeds["medline_text"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def chunking() -> str:
    """Whether passages fit the embedder, by source, before and now."""
    result = _load("chunking")
    lines = [
        "| source (documents) | cut at | passages | beyond 512 pieces | mean pieces | under 64 | kept whole | ms a document |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|")
    for name in result["280 words"]:
        for label in ("280 words", "512 word pieces"):
            row = result[label][name]
            whole = f"{row['whole']:.1%} of {row['fitting']:,}" if row["fitting"] else "none fits"
            cells = f"{row['passages']:,} | {row['over']:.2%} | {row['mean']:.0f} | {row['short']:.1%} | {whole} | {row['ms']['mean']:.2f}"
            lines.append(f"| {name} ({row['documents']:,}) | {label} | {cells} |")
    return "\n".join(lines)


def splitters() -> str:
    """How well sentences are told apart."""
    result = _load("sentences")
    n = result["texts"]
    lines = [
        f"| splitter | SciFact ({n['scifact']} texts): precision | recall | F1 | labelled abstracts: recall | hard cases right | µs an abstract |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for name, row in result["splitters"].items():
        shares = " | ".join(f"{row[key]:.3f}" for key in ("precision", "recall", "f1", "labelled"))
        lines.append(f"| {name} | {shares} | {round(row['hard'] * n['hard'])}/{n['hard']} | {row['us']:,.0f} |")
    return "\n".join(lines)


def abbreviations() -> str:
    """How truly abbreviations are mined."""
    result = _load("abbreviations")
    lines = [
        "| miner | precision (by eye) | recall of the obvious | pairs found | µs an abstract |",
        "|---|---|---|---|---|",
    ]
    for name, row in result["miners"].items():
        precision = (
            f"{_interval(result['precision'])}, n = {result['precision']['n']}" if name == "Citewell" else "not judged"
        )
        recall = f"{_interval(row['recall'])}, n = {row['recall']['n']}"
        lines.append(f"| {name} | {precision} | {recall} | {row['pairs']:,} | {row['us']:.0f} |")
    return "\n".join(lines)


def ocr() -> str:
    """How well OCR reads, with all lines kept and with those of which it is sure."""
    result = _load("ocr")
    lines = [
        "| copy | lines kept | characters wrong | numbers read right | numbers read wrong |",
        "|---|---|---|---|---|",
    ]
    for name, copy in result["copies"].items():
        for least, label in (("0", "all"), (result["shipped"], "**those it is sure of** (shipped)")):
            row, n = copy["thresholds"][least], copy["numbers"]
            share = f"{row['numbers_right'] / n:.1%}"
            lines.append(
                f"| {name} | {label}: {row['lines_kept']:.1%} | {row['character_errors']:.2%} | {row['numbers_right']} of {n} ({share}) "
                f"| {row['numbers_wrong']} |"
            )
    return "\n".join(lines)


def example() -> str:
    """The README's first question, as the command line answered it."""
    return "```\n" + (RESULTS / "example.txt").read_text(encoding="utf-8") + "```"


def ingested() -> str:
    """What the library holds of each source of the data folder, and what was refused."""
    lines = [
        "| source | documents | passages | quarantined | files of no known kind | seconds |",
        "|---|---|---|---|---|---|",
    ]
    rows = _load("ingest_everything")["sources"]
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
    for row in _load("recommendations")["sources"]:
        of = row["recommendations"]
        cells = " | ".join(f"{row[name]:,} ({row[name] / of:.0%})" for name in names)
        lines.append(f"| {row['source']} | {of:,} | {cells} |")
    return "\n".join(lines)


def quarantined() -> str:
    """Why records and files were refused, the most frequent reasons of each source first."""
    lines = ["| source | times | reason |", "|---|---|---|"]
    for row in _load("ingest_everything")["sources"]:
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
    for run in _load("ingestion_profile")["runs"]:
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
    for run in _load("ingestion_memory")["runs"]:
        beside = max(0, run["most_mib"] - run["open_mib"])
        sizes = " | ".join(f"{run[name]:,.0f} MiB" for name in ("before_mib", "most_mib", "open_mib"))
        disk = " | ".join(f"{run[name]:,.0f} MiB" for name in ("index_mib", "ledger_mib"))
        lines.append(
            f"| {run['records']:,} | {sizes} | {beside:,.0f} MiB | {disk} | {run['records'] / run['seconds']:,.0f} |"
        )
    return "\n".join(lines)


def scale() -> str:
    """38 million records by the arithmetic of what was measured."""
    profile = max(_load("ingestion_profile")["runs"], key=lambda run: run["documents"])
    cores = _load("ingestion_profile")["cores"]
    largest = max(_load("ingestion_memory")["runs"], key=lambda run: run["records"])
    pubmed = _load("chunking")["512 word pieces"]["PubMed abstracts"]
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


def _by_size(results: dict[str, dict[str, Any]]) -> list[tuple[int, str, dict[str, Any]]]:
    """Size, name and result, by size; systems stay in the order in which they were measured."""
    rows = [(int(size), name, run) for name, sizes in results.items() for size, run in sizes.items()]
    return sorted(rows, key=lambda row: row[0])


def hybrid() -> str:
    """The whole search with a filter, over size."""
    lines = [
        "| passages | engine | p50 (range), ms | p95 (range), ms | of it embedding, dense, lexical | recall@10, filtered "
        "| fill + build, s | resident (mapped), MiB | disk, MiB |",
        "|---" * 9 + "|",
    ]
    for size, name, run in _by_size(_load("engines")["hybrid"]):
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


def _bucket(recall: float) -> str:
    """Recall as comparisons group it, so that only systems that find as much are held against each other."""
    return next((f"≥ {floor:.2f}" for floor in BUCKETS if recall >= floor), f"< {BUCKETS[-1]:.2f}")


def _like_recall(row: tuple[int, str, dict[str, Any]]) -> tuple[int, int, float]:
    size, _, run = row
    return size, sum(run["all"]["recall"] < floor for floor in BUCKETS), run["all"]["p50_ms"]


def side_by_side() -> str:
    """All systems at each size: the ten nearest of a vector, without and with the filter."""
    lines = [
        "| vectors | recall@10 | system | median, ms | p95, ms | queries a second | filtered: recall@10 | median, ms | queries a second "
        "| fill + build, s | memory, MiB |",
        "|---" * 11 + "|",
    ]
    rows = _by_size(_load("engines")["dense"])
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
    for name, run in _load("gpu").items():
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
    for machine, run in _load("gpu").items():
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


def local_llm() -> str:
    """What a real, small model did with questions of the development sets, by set and in all."""
    run = _load("local_llm")
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
    failed = Counter(" ".join(row["why"]).removesuffix(_OTHERWISE).strip() for row in rows.values() if row["why"])
    said = [f"- {count} x {why}" for why, count in failed.most_common()]
    return "\n".join([*lines, "", "Why the sources answered instead:", "", *(said or ["- it never happened"])])


def llm_overhead() -> str:
    """What the workflow adds to a model and the index."""
    run = _load("llm_overhead")
    rows = (("to the first event", "first"), ("beside the model and the searches", "beside"))
    lines = [f"| {run['n']} questions, {run['machine']['cores']} cores | p50 | p95 | slowest |", "|---|---|---|---|"]
    lines += [
        f"| {label} | {run[key]['p50_ms']} ms | {run[key]['p95_ms']} ms | {run[key]['max_ms']} ms |"
        for label, key in rows
    ]
    return "\n".join(lines)


def support() -> str:
    """The verifier and the floors on each support set, cross-validated."""
    result = _load("support")
    lines = ["| set (pairs) | system | AUROC | macro-F1 | accuracy | calibration error |", "|---|---|---|---|---|---|"]
    for name, pairs in result["pairs"].items():
        for system, sets in result["systems"].items():
            each = sets[name]
            label = f"**{system}**" if system == f"verifier, {result['best']}" else system
            cells = " | ".join(f"{each[metric]:.3f}" for metric in ("auroc", "macro_f1", "accuracy", "ece"))
            lines.append(f"| {name} ({pairs:,}) | {label} | {cells} |")
    return "\n".join(lines)


def support_without() -> str:
    """What each check is worth to the model: AUROC and macro-F1 without its features, and the difference."""
    result = _load("support")
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
    result = _load("support")
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
    starter, other = _load("verification")["kinds"], _load("verification_corpus")["kinds"]
    lines = [
        "| claim | starter library: refused (cases) | 6,000 other sentences: refused (cases) | by |",
        "|---|---|---|---|",
    ]
    for true, title in ((False, "false"), (True, "true")):
        for kind, each in starter.items():
            if each["true"] is true:
                cells = " | ".join(
                    f"{row['refused'] / row['cases']:.3f} ({row['cases']})" for row in (each, other[kind])
                )
                lines.append(f"| {title}: {kind} | {cells} | {', '.join(list(each['by'])[:3]) or '–'} |")
    return "\n".join(lines)


def verification_latency() -> str:
    """How long the claims of an answer take."""
    result = _load("verification")["latency"]
    lines = [f"| {result['claims']} claims | p50, ms | p95, ms |", "|---|---|---|"]
    lines += [
        f"| {name} | {result[name]['p50_ms']:.1f} | {result[name]['p95_ms']:.1f} |"
        for name in ("rules", "rules and meaning")
    ]
    return "\n".join(lines)


TABLES: dict[str, Callable[[], str]] = {
    "local_llm": local_llm,
    "llm_overhead": llm_overhead,
    "tools": tools,
    "support": support,
    "support_without": support_without,
    "support_faults": support_faults,
    "mutations": mutations,
    "verification_latency": verification_latency,
    "retrieval": retrieval,
    "ranking": ranking,
    "ranking_weights": ranking_weights,
    "reranking": reranking,
    "mesh": mesh,
    "quantisation": quantisation,
    "answers": answers,
    "latency": latency,
    "sentences": sentences,
    "parsers": parsers,
    "ocr": ocr,
    "pubmed": pubmed,
    "chunking": chunking,
    "splitters": splitters,
    "abbreviations": abbreviations,
    "example": example,
    "ingested": ingested,
    "quarantined": quarantined,
    "recommendations": recommendations,
    "stages": stages,
    "memory": memory,
    "scale": scale,
    "hybrid": hybrid,
    "side_by_side": side_by_side,
    "gpu_embedding": gpu_embedding,
    "gpu_search": gpu_search,
    "calculators": calculators,
    "calculation": calculation,
}


def written(text: str) -> str:
    """The document with every block as the results have it. Raises `KeyError` for a block that has no table."""
    return _BLOCK.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n\n{m[3]}", text)


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a document is out of date")
    check = parser.parse_args().check
    stale = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        new = written(text)
        if new != text:
            stale.append(path.name)
            if not check:
                path.write_text(new, encoding="utf-8")
    if stale:
        print(("out of date: " if check else "written: ") + ", ".join(stale))
    sys.exit(bool(stale) and check)


if __name__ == "__main__":
    main()
