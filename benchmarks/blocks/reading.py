"""How well and how fast documents are read and cut."""

from __future__ import annotations

import statistics

from blocks.results import interval, load


def parsers() -> str:
    """How fast and how truly PDF parsers read guidelines."""
    result = load("pdf_parsers")
    lines = ["| parser | ms a page: median (range) | in order | verbatim |", "|---|---|---|---|"]
    for name, row in result["parsers"].items():
        speed = f"{statistics.median(row['ms']):.1f} ({min(row['ms']):.1f}-{max(row['ms']):.1f})"
        n = result["sentences"]
        lines.append(f"| {name} | {speed} | {row['ordered']}/{n} | {row['verbatim']}/{n} |")
    return "\n".join(lines)


def ocr() -> str:
    """How well OCR reads, with all lines kept and with those of which it is sure."""
    result = load("ocr")
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


def pubmed() -> str:
    """How fast PubMed XML is parsed: microseconds an article, and how many times as fast as pubmed_parser in the same round."""
    lines = [
        "| articles | KB each | pubmed_parser | Citewell | times as fast | by the clock | iterparse alone | MEDLINE text |"
    ]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in load("pubmed_parse")["corpora"]:
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
    result = load("chunking")
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
    result = load("sentences")
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
    result = load("abbreviations")
    lines = [
        "| miner | precision (by eye) | recall of the obvious | pairs found | µs an abstract |",
        "|---|---|---|---|---|",
    ]
    for name, row in result["miners"].items():
        precision = (
            f"{interval(result['precision'])}, n = {result['precision']['n']}" if name == "Citewell" else "not judged"
        )
        recall = f"{interval(row['recall'])}, n = {row['recall']['n']}"
        lines.append(f"| {name} | {precision} | {recall} | {row['pairs']:,} | {row['us']:.0f} |")
    return "\n".join(lines)
