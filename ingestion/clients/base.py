"""What a live source is: a fetcher that asks a service and saves its native answers as files, which the pipeline then ingests.

So provenance, failures, retrying and idempotence are those of any file. A new live source is one file in this folder, and one
command in `assistant/cli/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingestion.clients.folder import Generation
from ingestion.document import Problem


@dataclass(frozen=True, slots=True)
class Found:
    """What a service holds that matches: how many records would be fetched, of how many, and what it remarked about the question."""

    total: int
    matching: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One complete file, and how many of the records asked for are settled by it; what the service lacked of them are `problems`."""

    path: Path
    records: int
    problems: tuple[Problem, ...] = ()


class Fetcher(Protocol):
    """One question to one live source.

    `name` is the command's (`pubmed`) and names the folder below `<home>/fetched`; `kind` is the `--kind` of the files. `asked` is everything
    that decides what is fetched, JSON-ready and without keys or addresses: the same question finds its folder again. `find` asks how much
    there is. `fetch` yields the pages in order, each complete and under its final name, those that are there already without asking for them
    again; it may be broken off anywhere. Both raise `LiveSourceError`.
    """

    name: str
    kind: str

    @property
    def asked(self) -> Mapping[str, object]: ...

    def find(self) -> Found: ...

    def fetch(self, generation: Generation) -> Iterator[Page]: ...
