"""NLM's PubMed files: the yearly baseline and the daily update files, each proved whole by the MD5 that NLM gives with it.

https://pubmed.ncbi.nlm.nih.gov/download/. The files are numbered through, updates after the baseline; a later file has the last word on a record
(new versions, `DeleteCitation`), so their order is the order in which they are to be read. `state.json` remembers which were proved and which were
read into the library, with what the listing said of them then: a file that NLM replaces is fetched again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import portalocker

from ingestion.clients.download import download
from ingestion.clients.http import Http
from ingestion.errors import IngestionError, LiveSourceError
from ingestion.whole_file import write_whole

URL = "https://ftp.ncbi.nlm.nih.gov/pubmed/"
PER_SECOND = 2.0
"""Requests a second. NLM names no figure for files; its E-utilities take three from whoever has no key."""
BASELINE, UPDATES = "baseline", "updatefiles"
MOST_FILES = 20_000
"""In one folder. PubMed has some 1,300 a year in each."""
MAX_FILE = 2 << 30
"""Bytes. NLM's files have 5 to 150 MiB."""
TYPICAL = 40 << 20
"""Bytes a file is taken to have where the listing does not say."""

# A line of the listing: a plain name of just this form (anything else, a path above all, is passed over), then date, time and size.
_LINE = re.compile(
    r'<a href="(?P<name>pubmed(?P<year>[0-9]{2})n(?P<number>[0-9]{4,6})\.xml\.gz)">[^<\n]{0,200}</a>(?P<rest>[^<\n]{0,200})'
)
_SIZE = re.compile(r"(?<![0-9:.-])([0-9]{1,6}(?:\.[0-9])?)([KMG]?)\s*$")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_AGAIN = "again"
_MD5 = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32}(?![0-9A-Fa-f])")


@dataclass(frozen=True, slots=True, order=True)
class BulkFile:
    """A file as NLM lists it, ordered as they are to be read. `stamp` is what the listing says of it; `size` in bytes is near."""

    year: int
    number: int
    folder: str = field(compare=False)
    name: str = field(compare=False)
    stamp: str = field(compare=False, default="")
    size: int = field(compare=False, default=TYPICAL)

    @property
    def is_update(self) -> bool:
        """Whether it changes what files before it said."""
        return self.folder == UPDATES


class _ChecksumError(LiveSourceError):
    """The file is not what NLM says it is."""


def connect(base_url: str = URL) -> Http:
    """The server. Raises `LiveSourceError` where the address is none."""
    return Http(base_url, name="NLM's file server", per_second=PER_SECOND)


class PubMedBulk:
    """NLM's files, and the folder where they are kept. Made by `open_bulk`."""

    def __init__(self, http: Http, folder: Path) -> None:
        self.folder = folder
        self._http = http
        self._state = _load(folder / "state.json")

    def listing(self) -> list[BulkFile]:
        """The newest baseline and the update files that follow it, in the order in which they are to be read. Raises `LiveSourceError`."""
        baseline = self._list(BASELINE)
        if not baseline:
            raise LiveSourceError(
                "NLM's file server lists no baseline files. Run the same command again later, or correct CITEWELL_PUBMED_FTP_URL."
            )
        year = max(file.year for file in baseline)
        return sorted({file for file in [*baseline, *self._list(UPDATES)] if file.year >= year})

    def path(self, file: BulkFile) -> Path:
        """Where the file lies when it is here."""
        return self.folder / file.folder / file.name

    def is_here(self, file: BulkFile) -> bool:
        """Whether the file is on the disk, was proved whole, and is the one that NLM lists."""
        known = self._known(file)
        path = self.path(file)
        return bool(known) and path.is_file() and path.stat().st_size == known.get("bytes")

    def was_read(self, file: BulkFile) -> bool:
        """Whether the file that NLM lists was read into the library, be it still here or not."""
        return self._known(file).get("read") is True

    def is_due_again(self, file: BulkFile) -> bool:
        """Whether the file was read, and is to be read again since one that counts before it came later."""
        return self._known(file).get("read") == _AGAIN

    def obtain(self, file: BulkFile, on_bytes: Callable[[int], None] = lambda _: None) -> Path:
        """Have the file here, whole and proved; a second time where its MD5 is wrong. Raises `LiveSourceError` naming it, and `IngestionError`
        where the disk refuses."""
        path = self.path(file)
        if self.is_here(file):
            return path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._fetch(file, path, on_bytes)
            except _ChecksumError:
                self._fetch(file, path, on_bytes)
        except LiveSourceError as error:
            raise LiveSourceError(f"{file.name}: {error}", transient=error.transient, status=error.status) from error
        except OSError as error:
            raise _refused(path, error) from error
        return path

    def mark_read(self, file: BulkFile, *, keep: bool) -> None:
        """The file was read into the library; unless it is kept, it goes."""
        try:
            if not self.was_read(file):
                self._remember(file, read=True)
            if not keep:
                self.path(file).unlink(missing_ok=True)
        except OSError as error:
            raise _refused(self.path(file), error) from error

    def mark_due_again(self, files: Iterable[BulkFile]) -> None:
        """These were read, and are to be read again."""
        for file in files:
            self._remember(file, read=_AGAIN)

    def _fetch(self, file: BulkFile, path: Path, on_bytes: Callable[[int], None]) -> None:
        expected = self._checksum(file)

        def check(part: Path) -> None:
            if _md5(part) != expected:
                raise _ChecksumError(
                    "came twice with another MD5 than NLM gives for it. Run the same command again later, or over another network.",
                    transient=True,
                )

        if not (
            path.is_file() and _md5(path) == expected
        ):  # else it was here, and only the memory of its proof was lost
            download(self._http, f"{file.folder}/{file.name}", path, limit=MAX_FILE, check=check, on_bytes=on_bytes)
        self._remember(
            file,
            read=_AGAIN if self.is_due_again(file) else False,
            md5=expected,
            bytes=path.stat().st_size,
            stamp=file.stamp,
        )

    def _checksum(self, file: BulkFile) -> str:
        """The MD5 in `<name>.md5`: `MD5(pubmed25n0001.xml.gz)= <hex>`."""
        answer = self._http.get(f"{file.folder}/{file.name}.md5", expected=(404,))
        text = answer.content[:1000].decode("ascii", "replace")  # not by a charset of the server's choice
        found = _MD5.findall(text)
        if answer.status_code == 404 or len(found) != 1 or (".xml.gz" in text and file.name not in text):
            raise LiveSourceError(
                "NLM gives no MD5 to prove it by, so it was left out. Run the same command again later.",
                transient=False,
            )
        return str(found[0]).lower()

    def _list(self, folder: str) -> list[BulkFile]:
        answer = self._http.get(f"{folder}/", expected=(404,) if folder == UPDATES else ())  # a mirror may have none
        found = [
            BulkFile(int(line["year"]), int(line["number"]), folder, line["name"], *_stamp(line["rest"]))
            for line in islice(_LINE.finditer(answer.content.decode("ascii", "replace")), MOST_FILES + 1)
        ]
        if len(found) > MOST_FILES:
            raise LiveSourceError(
                f"NLM's file server lists more than {MOST_FILES:,} files, which is no list of PubMed's. Correct CITEWELL_PUBMED_FTP_URL."
            )
        return found

    def _known(self, file: BulkFile) -> dict[str, object]:
        """What is remembered of just this version of the file."""
        known = self._state.get(file.name, {})
        return known if known.get("stamp") == file.stamp else {}

    def _remember(self, file: BulkFile, **values: object) -> None:
        self._state[file.name] = {**self._state.get(file.name, {}), **values}
        write_whole(self.folder / "state.json", json.dumps(self._state).encode())


@contextmanager
def open_bulk(http: Http, home: Path) -> Iterator[PubMedBulk]:
    """NLM's files of a library, below `<home>/fetched/baseline`; nobody else fetches them meanwhile.

    Raises `LiveSourceError` where another process does, and `IngestionError` where the folder cannot be written to.
    """
    folder = home / "fetched" / "baseline"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = portalocker.Lock(folder / "lock", mode="a", flags=portalocker.LOCK_EX | portalocker.LOCK_NB, timeout=0)
        lock.acquire()
    except portalocker.LockException as error:
        raise LiveSourceError(
            "Another process is fetching PubMed's files. Wait until it ends, or stop it first."
        ) from error
    except OSError as error:
        raise _refused(folder, error) from error
    try:
        yield PubMedBulk(http, folder)
    finally:
        lock.release()


def _refused(path: Path, error: OSError) -> IngestionError:
    return IngestionError(f"{path}: cannot be written ({error.strerror or error}); make room or check its permissions")


def _stamp(rest: str) -> tuple[str, int]:
    """What a listing says of a file after its name, and the size in it: exact in bytes, or a figure rounded to K, M or G."""
    stamp = " ".join(rest.split())
    size = _SIZE.search(stamp)
    if not size:
        return stamp, TYPICAL
    half = 0.5 if size[2] else 0
    return stamp, int((float(size[1]) + half) * _UNITS[size[2]])


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _load(path: Path) -> dict[str, dict[str, object]]:
    """What was remembered; nothing where it cannot be read, which proves the files again rather than trusting a wreck."""
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(state, dict):
        return {}
    return {name: known for name, known in state.items() if isinstance(known, dict)}
