"""The studies of ClinicalTrials.gov that come with the data, in whatever format: what benchmarks make claims of."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingestion.document import Document
from ingestion.errors import IngestionError
from ingestion.sources import find_parser

SUFFIXES = ("*.json", "*.xml")


def studies(folder: Path) -> Iterator[Document]:
    """The documents of all files under a folder and of the archives in it."""
    with tempfile.TemporaryDirectory() as scratch:
        for number, archive in enumerate(sorted(folder.rglob("*.tar.xz"))):
            with tarfile.open(archive) as opened:
                opened.extractall(Path(scratch) / str(number), filter="data")
        paths = [
            path for place in (folder, Path(scratch)) for suffix in SUFFIXES for path in sorted(place.rglob(suffix))
        ]
        for path in paths:
            try:
                yield from [item for item in find_parser(path).parse(path) if isinstance(item, Document)]
            except IngestionError:
                continue  # schemas and samples of other things lie beside the studies
