"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from command_line import Run

    from assistant.service import Assistant
    from ingestion.library import Library

settings.register_profile("shared-machines", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("shared-machines")
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a shell starts what runs behind it so, and commands that are tested would never hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real public data: `CITEWELL_DATA`, or `../shared/data` beside the repository. Skips where there is none."""
    folder = Path(os.environ.get("CITEWELL_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "README.md").is_file():
        pytest.skip(f"real data not found at {folder}: set CITEWELL_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def starter_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CITEWELL_HOME with the starter library, made once by the real pipeline and embedder. Nobody holds it, nobody may change it."""
    from ingestion import starter
    from ingestion.library import Library
    from ingestion.pipeline import ingest_files

    home = tmp_path_factory.mktemp("starter") / "home"
    with Library.open(home, purpose="the tests") as library:
        report = ingest_files(library, starter.PATHS)
    assert not report.failures
    return home


@pytest.fixture(scope="session")
def starter_library(starter_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The starter library, open in this process for the whole session. To be read only."""
    from ingestion.library import Library

    home = tmp_path_factory.mktemp("open") / "home"
    shutil.copytree(starter_home, home)
    with Library.open(home, purpose="the tests") as library:
        yield library


@pytest.fixture(scope="session")
def assistant(starter_library: Library) -> Assistant:
    """The assistant over the starter library."""
    from assistant.service import Assistant

    return Assistant(starter_library)


@pytest.fixture
def citewell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the `citewell` command in this process, with the settings of the environment as it then is."""
    from command_line import Result

    from assistant.cli import main
    from assistant.settings import load_settings

    def command(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["citewell", *map(str, arguments)])
        load_settings.cache_clear()
        capsys.readouterr()
        try:
            main()
            code: int | str | None = 0
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return Result(int(code or 0), captured.out, captured.err)

    yield command
    load_settings.cache_clear()
