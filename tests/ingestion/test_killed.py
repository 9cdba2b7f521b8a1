"""Killed five times at random, a library becomes what an undisturbed run makes of the same files."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from native import article, deletion, guideline, pubmed_xml, study

from indexes.engines import point_id
from ingestion.library import Library

RUN = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from indexes.engines.edge import EdgeEngine
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files

steps = 0

def dying(owner, name):
    method = getattr(owner, name)
    def step(*arguments, **named):
        global steps
        steps += 1
        if steps == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **named)
    setattr(owner, name, step)

for name in ("upsert", "relabel", "delete", "flush"):
    dying(EdgeEngine, name)
for name in ("start_writing", "record", "remove", "fail", "start_file", "finish_file", "finish_writing"):
    dying(Ledger, name)
with Library.open(Path({home!r}), purpose="a test", embedder=HashedEmbedder()) as library:
    ingest_files(library, [Path({folder!r})])
print(steps)
"""


def run(home: Path, folder: Path, at: int = 0) -> subprocess.CompletedProcess[str]:
    """Ingest in another process, which is killed at its step number `at`."""
    script = RUN.format(path=sys.path, home=str(home), folder=str(folder), at=at)
    return subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)


def everything(home: Path) -> dict[str, object]:
    """All that a library holds, in ledger and index."""
    with Library.open(home, purpose="a test", embedder=HashedEmbedder()) as library:
        passages = {passage.passage_id: passage for passage in library.ledger.passages()}
        points = {point_id(name): name for name in passages}
        engine = library.searcher.engine
        assert engine.count() == len(passages)
        vectors = engine.vectors(list(points))
        texts = {passage.passage_id: passage.embedding_text for passage in passages.values()}
        for point, vector in vectors.items():
            np.testing.assert_allclose(vector, library.searcher.embedder.embed_query(texts[points[point]]), atol=1e-5)
        return {
            "passages": passages,
            "index": {points[point]: passage for point, passage in engine.passages(list(points)).items()},
            "documents": {name: library.ledger.document(name) for name in {p.document_id for p in passages.values()}},
            "failures": [(Path(f.source).name, f.record, f.reason) for f in library.ledger.failures()],
        }


def killed_five_times(tmp_path: Path, folder: Path, seed: int) -> None:
    undisturbed = run(tmp_path / "undisturbed", folder)
    assert undisturbed.returncode == 0, undisturbed.stderr
    steps = int(undisturbed.stdout)
    chance = random.Random(seed)  # noqa: S311 - a die, not a secret
    for _ in range(5):  # each time so early that there is something left for the next
        killed = run(tmp_path / "killed", folder, at=chance.randint(1, steps // 6))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert run(tmp_path / "killed", folder).returncode == 0
    assert everything(tmp_path / "killed") == everything(tmp_path / "undisturbed")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_on_small_files_of_each_kind(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "1.xml").write_text(pubmed_xml(*map(article, range(1, 400))))
    (folder / "2.xml").write_text(pubmed_xml(article(3, "Other words."), deletion(5, 6, 7)))
    (folder / "3.xml").write_text(pubmed_xml(*map(article, range(500, 600)))[:-40])
    for number in range(9):
        (folder / f"{number}.json").write_text(study(f"NCT0000000{number}"))
        (folder / f"{number}.md").write_text(guideline(f"Lipids {number}", "Offer a statin.", "Review yearly."))
    killed_five_times(tmp_path, folder, seed)


@pytest.mark.slow
def test_on_genuine_files(tmp_path: Path, data_dir: Path) -> None:
    folder = tmp_path / "files"
    for source in ("pubmed_native", "ctgov_native"):
        shutil.copytree(data_dir / "ingest" / source, folder / source)
    killed_five_times(tmp_path, folder, seed=7)
