"""How fast PubMed XML is parsed, beside `pubmed_parser` on the same files: the figures of `docs/ingestion.md`.

    pip install pubmed-parser && python benchmarks/pubmed_parse.py --data ../shared/data --out benchmarks/results/pubmed_parse.json

pubmed-parser is no dependency of Citewell: it is installed by hand, for this comparison only.

Files: the seven genuine baseline and update files of the data folder, and gzip files of 100, 1,000, 10,000 and 26,031 of its re-serialised
records, drawn evenly from all shards. In each round every parser reads every file once, in turn, the one that begins changing from round to round;
time is the process's own (`time.process_time`), as the machine may be shared, and the clock's beside it. Each parser's records are counted and
dropped.

What each extracts. `pubmed_parser.parse_medline_xml` with its defaults gives a dictionary: PMID, title, abstract (one text, its labels lines of
it), journal and its identifiers, the year alone (`year_info_only=True`), authors and affiliations as text, MeSH descriptors (no qualifiers),
publication types, chemicals, keywords, DOI, PMC id, languages, the references' PMIDs, grants, volume, issue, pages. Citewell gives a `Document`:
PMID, title, abstract in labelled sections with roles and true offsets, journal, full date, authors, MeSH with qualifiers, publication types, DOI,
PMC id, languages, retraction status, copyright, revision, design and level of evidence; each record is cut out and parsed by itself, so that a
malformed one costs no other. `lxml.etree.iterparse` builds and drops every article and extracts nothing. The MEDLINE text holds the same articles
as Citewell's documents have them, without what it does not read (affiliations, references); Citewell reads it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from lxml import etree

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingestion.document import Document
from ingestion.sources.medline_text import MedlineText
from ingestion.sources.pubmed import PubMedXml
from ingestion.sources.records import xml_records

SIZES = (100, 1_000, 10_000, 26_031)
LEAST = 2_000  # records a measurement covers, small files being read several times
PIP = "pip install pubmed-parser"

Reader = Callable[[Path], int]
"""Reads a file and says how many articles it held."""


def with_citewell(path: Path) -> int:
    return sum(isinstance(item, Document) for item in PubMedXml().parse(path))


def with_iterparse(path: Path) -> int:
    count = 0
    with gzip.open(path) as file:
        for _, element in etree.iterparse(file, tag="PubmedArticle"):
            element.clear()
            count += 1
    return count


def with_pubmed_parser() -> Reader:
    """pubmed_parser's reader. Exits with the mend where it is not installed."""
    try:
        parse = import_module("pubmed_parser").parse_medline_xml
    except ImportError as error:
        print(f"pubmed_parser cannot be imported ({error}): {PIP}", file=sys.stderr)
        sys.exit(2)
    return lambda path: sum(not record["delete"] for record in parse(str(path)))


def with_medline_text(path: Path) -> int:
    return sum(isinstance(item, Document) for item in MedlineText().parse(path.with_suffix(".nbib")))


def medline(document: Document) -> str:
    """The document as MEDLINE text."""
    abstract = " ".join(
        f"{''.join(part.path).upper()}: {document.text[part.start : part.end]}".removeprefix(": ")
        for part in document.sections
    )
    fields = [
        ("PMID", [document.identifiers["pmid"]]),
        ("STAT", ["MEDLINE"]),
        ("DP", [(document.date or "").replace("-", "/")]),
        ("TI", [document.title]),
        ("AB", [abstract]),
        ("AU", document.authors),
        ("LA", ["eng"]),
        ("PT", document.publication_types),
        ("JT", [document.publisher]),
        ("MH", document.mesh),
        ("AID", [f"{document.identifiers['doi']} [doi]"] if "doi" in document.identifiers else []),
        ("SO", ["-"]),
    ]
    lines = [f"{tag:<4}- {' '.join(value.split())}" for tag, values in fields for value in values if value.strip()]
    return "\n".join(wrapped for line in lines for wrapped in textwrap.wrap(line, 88, subsequent_indent=" " * 6)) + "\n"


def sample(folder: Path, shards: Sequence[Path], size: int) -> Path:
    """A gzip file of that many records, drawn evenly, and a `.nbib` of the same beside it."""
    records = [record.xml for shard in shards for record in xml_records(shard, "PubmedArticleSet", ("PubmedArticle",))]
    chosen = [records[number * len(records) // size] for number in range(min(size, len(records)))]
    return written(
        folder / f"sample{size}.xml.gz", b"<PubmedArticleSet>\n" + b"\n".join(chosen) + b"\n</PubmedArticleSet>\n"
    )


def written(path: Path, content: bytes) -> Path:
    """The file, with its articles as MEDLINE text beside it."""
    path.write_bytes(gzip.compress(content))
    documents = [item for item in PubMedXml().parse(path) if isinstance(item, Document)]
    path.with_suffix(".nbib").write_text("\n".join(map(medline, documents)), encoding="utf-8")
    return path


def corpora(data: Path, folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Each set of files with its name."""
    native = sorted((data / "ingest" / "pubmed_native").rglob("pubmed*n*.xml.gz"))
    shards = sorted((data / "ingest" / "pubmed_xml_reserialised").glob("*.xml.gz"))
    if not native or not shards:
        print(f"no PubMed files under {data}/ingest: give the data folder with --data", file=sys.stderr)
        sys.exit(2)
    yield "genuine files", [written(folder / path.name, gzip.decompress(path.read_bytes())) for path in native]
    for size in SIZES:
        yield "re-serialised", [sample(folder, shards, size)]


def timed(reader: Reader, paths: Sequence[Path], passes: int) -> tuple[int, float, float]:
    """Articles, seconds of the process and seconds of the clock, of one pass."""
    wall, own = time.perf_counter(), time.process_time()
    for _ in range(passes):
        count = sum(map(reader, paths))
    return count, (time.process_time() - own) / passes, (time.perf_counter() - wall) / passes


def measured(paths: Sequence[Path], readers: dict[str, Reader], rounds: int) -> dict[str, Any]:
    """Microseconds an article of each reader, round by round."""
    articles = sum(map(with_citewell, paths))
    passes = max(1, LEAST // articles)
    rows: dict[str, dict[str, list[float]]] = {name: {"cpu_us": [], "wall_us": []} for name in readers}
    names = list(readers)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            count, own, wall = timed(readers[name], paths, passes)
            if count != articles:
                raise SystemExit(
                    f"{name} reads {count} articles of {articles}: the files are not what both take them for"
                )
            rows[name]["cpu_us"].append(round(1e6 * own / articles, 1))
            rows[name]["wall_us"].append(round(1e6 * wall / articles, 1))
    size = sum(len(gzip.decompress(path.read_bytes())) for path in paths)
    return {"articles": articles, "files": len(paths), "bytes_an_article": size // articles, "readers": rows}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=Path, help="also write the rows to this JSON file")
    chosen = options.parse_args()
    readers = {
        "pubmed_parser": with_pubmed_parser(),
        "citewell": with_citewell,
        "iterparse": with_iterparse,
        "medline_text": with_medline_text,
    }
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, paths in corpora(chosen.data, Path(folder)):
            row = measured(paths, readers, chosen.rounds)
            results.append({"name": name, **row})
            speeds = {reader: statistics.median(times["cpu_us"]) for reader, times in row["readers"].items()}
            print(f"{row['articles']} {name}, µs an article: {speeds}", flush=True)
    if chosen.out:
        versions = {name: metadata.version(name) for name in ("lxml", "pubmed-parser")}
        machine = {"python": platform.python_version(), "cores": os.cpu_count(), **versions}
        found = {"machine": machine, "rounds": chosen.rounds, "corpora": results}
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
