"""Files that clients send, kept in the home folder: what a job reads, and a retry reads again, must outlive the request that brought it."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import unicodedata
from pathlib import Path

INCOMING = ".incoming"
HASH_DIGITS = 32  # of SHA-256, in hexadecimal: enough that no two files meet
MAX_NAME = 120  # bytes in UTF-8; file systems allow 255
MAX_SUFFIX = 24  # bytes of a name's end that a shortened name keeps: what a file is can hang on it
_UNSAFE = re.compile(r"[^\w.()+,@ -]")


class Uploads:
    """`<home>/uploads/<start of the SHA-256>/<name>`: the same file sent twice is kept once."""

    def __init__(self, home: Path) -> None:
        self.folder = home.absolute() / "uploads"  # the ledger names files by their absolute paths

    def clear(self) -> None:
        """Drop what uploads that broke off have left. No upload may be under way."""
        shutil.rmtree(self.folder / INCOMING, ignore_errors=True)

    def begin(self) -> Incoming:
        """A new file to be written to. Raises `OSError`."""
        return Incoming(self.folder)


class Incoming:
    """A file that is being received: `write` it, then `keep` or `drop` it. Each raises `OSError` where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        incoming = folder / INCOMING
        for made in (folder, incoming):
            made.mkdir(mode=0o700, exist_ok=True)
        self._path = incoming / secrets.token_hex(16)
        self._file = self._path.open("xb")
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes to the file."""
        self._file.write(data)
        self._sha256.update(data)
        self.size += len(data)

    def keep(self, name: str) -> Path:
        """Put the file to its place; `name` is the client's, and only what is safe of it is used."""
        self._file.close()
        target = self._folder / self._sha256.hexdigest()[:HASH_DIGITS] / safe_name(name)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        return self._path.replace(target)

    def drop(self) -> None:
        """Forget the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """A file name made of the last part of a client's: letters, digits and plain signs, not hidden, not too long, its suffixes kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = _UNSAFE.sub("_", last).strip(" .") or "file"
    if len(plain.encode()) <= MAX_NAME:
        return plain
    suffix = "".join(Path(plain).suffixes[-2:])
    if len(suffix.encode()) > MAX_SUFFIX:
        suffix = ""
    start = plain.removesuffix(suffix).encode()[: MAX_NAME - len(suffix.encode())]
    return start.decode(errors="ignore").rstrip(" .") + suffix  # a cut may leave one at the end
