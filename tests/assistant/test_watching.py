"""A watched folder: what is put into it is found a moment later, and the library can be asked in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from assistant.cli.watching import _meant
from ingestion import manifest
from ingestion.ledger import Ledger

GUIDELINE = """---
title: {title}
publisher: WHO
version: 2024
---

Offer {drug} to adults with high risk.
"""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("in/a.pdf", True),
        ("in/below/a.pdf", True),
        ("in/.hidden/a.pdf", False),
        ("in/.a.pdf.part", False),
        ("elsewhere/a.pdf", False),
        ("one/alone.pdf", True),
        ("one/other.pdf", False),
        (f"listed/{manifest.NAME}", True),
        ("listed/a.pdf", True),
    ],
)
def test_only_what_is_watched_counts(tmp_path: Path, name: str, meant: bool) -> None:
    (tmp_path / "in").mkdir()
    watched = [tmp_path / "in", tmp_path / "one" / "alone.pdf", tmp_path / "listed" / manifest.NAME]
    assert _meant(tmp_path / name, watched) is meant


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Queue[dict[str, Any]]]]:
    """`citewell ingest watch` on a folder, and its reports as they come."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lipids.md").write_text(GUIDELINE.format(title="Lipids", drug="a statin"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from assistant.cli import main; main()", "ingest", "watch", "in", "--json"],
        cwd=tmp_path,
        env={**os.environ, "CITEWELL_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    reports: Queue[dict[str, Any]] = Queue()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            reports.put(json.loads(line))

    reader = threading.Thread(target=read)
    reader.start()
    yield process, reports
    process.kill()
    process.communicate()
    reader.join()


def until(reports: Queue[dict[str, Any]], key: str) -> dict[str, Any]:
    """The next report that counts something under that key; the ones before say that nothing had changed."""
    while not (report := reports.get(timeout=120))[key]:
        pass
    return report


@pytest.mark.slow
def test_what_is_put_into_the_folder_is_ingested_and_ctrl_c_ends_it(
    tmp_path: Path, watching: tuple[subprocess.Popen[str], Queue[dict[str, Any]]]
) -> None:
    process, reports = watching
    assert until(reports, "added")["added"] == 1
    (tmp_path / "in" / "asthma.md").write_text(GUIDELINE.format(title="Asthma", drug="budesonide"))
    assert until(reports, "added")["added"] == 1
    (tmp_path / "in" / "lipids.md").write_text(GUIDELINE.format(title="Lipids", drug="ezetimibe"))
    assert until(reports, "changed")["changed"] == 1
    (tmp_path / "in" / "holiday.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    (tmp_path / "in" / manifest.NAME).write_text('["asthma.md"]\nissuer = "GINA"\n')
    assert until(reports, "added")["deleted"] == 1
    ledger = Ledger(tmp_path / "home" / "ledger.sqlite")
    assert ledger.document("guideline:gina/asthma@2024")
    assert ledger.failures() == []
    ledger.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
