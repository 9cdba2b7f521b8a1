"""The versions of a library's index: what each was built with, which is in use, and which is being built beside it.

The ledger knows them, so that going over to another is one transaction. The folder of an embedded index has a copy of its manifest.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from indexes import lexical
from indexes.errors import IncompatibleIndexError
from indexes.passage import PAYLOAD_VERSION
from indexes.ranking import Ranking
from ingestion import __version__
from ingestion.attempts import now
from ingestion.ledger import Ledger
from ingestion.notes import VERSIONS

_CURRENT, _BUILDING = "index.current", "index.building"
_BEFORE = "signature"  # what a ledger knew of its index when there was one version only


class Version(BaseModel):
    """A version of the index, and its manifest.

    `embedder` names model and weights, and `spec` is the setting that opens it (empty: the default one). `lexical` and `layout` are the versions
    of the sparse vectors and of what is said of a passage beside them (`PAYLOAD_VERSION`). `passages` counts what it held when it was taken into
    use, `optimised` over how many of them the engine's structures for fast search were built.
    `ranking` holds the weights that it is searched with (`indexes.ranking`).
    """

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1)
    layout: int
    engine: str
    embedder: str
    spec: str = ""
    dimension: int = Field(ge=1, le=1 << 16)
    lexical: str
    quantisation: str = "none"
    ranking: Mapping[str, JsonValue] = {}
    passages: int = Field(default=0, ge=0)
    optimised: int = Field(default=0, ge=0)
    created: str
    citewell: str

    @property
    def signature(self) -> str:
        """What built the vectors: embedder and lexical encoder."""
        return f"{self.embedder}+{self.lexical}"

    def like(self, other: Version) -> bool:
        """Whether both hold the same of the same passages."""
        return self.layout == other.layout and self.has_vectors_of(other)

    def has_vectors_of(self, other: Version) -> bool:
        """Whether both hold the same vectors, in the same way; what is said beside them may be older in one."""
        kind = ("engine", "embedder", "dimension", "lexical", "quantisation")
        return all(getattr(self, name) == getattr(other, name) for name in kind)


def new_version(
    number: int, engine: str, embedder: str, dimension: int, quantisation: str = "none", spec: str = ""
) -> Version:
    """The manifest of a version that this Citewell begins."""
    return Version(
        number=number,
        layout=int(PAYLOAD_VERSION),
        engine=engine,
        embedder=embedder,
        spec=spec,
        dimension=dimension,
        lexical=lexical.VERSION,
        quantisation=quantisation,
        ranking=Ranking().to_json(),
        created=now(),
        citewell=__version__,
    )


class Versions:
    """The versions that a ledger knows. Reading one raises `IncompatibleIndexError` where its manifest is none."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def current(self) -> Version | None:
        """The version in use; `None` where there never was one."""
        number = self._ledger.get_meta(_CURRENT)
        return self._get(number) if number else self._from_before()

    def building(self) -> Version | None:
        """The version that is being built, or whose building broke off."""
        number = self._ledger.get_meta(_BUILDING)
        return self._get(number) if number else None

    def all(self) -> list[Version]:
        """Every version, the oldest first."""
        found = [self._read(key, text) for key, text in self._ledger.metas(VERSIONS).items()]
        before = None if self._ledger.get_meta(_CURRENT) else self._from_before()
        return sorted([*found, *([before] if before else [])], key=lambda version: version.number)

    def use(self, version: Version) -> None:
        """From now on this is the version in use, and none is being built."""
        with self._ledger.transaction():
            self.put(version)
            for key, value in ((_CURRENT, str(version.number)), (_BUILDING, None), (_BEFORE, None)):
                self._ledger.set_meta(key, value)
            self._tidy()

    def build(self, version: Version) -> None:
        """From now on this version is being built, and the ledger notes what changes meanwhile."""
        with self._ledger.transaction():
            current = self.current()
            if current:  # also where only an earlier Citewell's word says it
                self.put(current)
                self._ledger.set_meta(_CURRENT, str(current.number))
            self.put(version)
            self._ledger.set_meta(_BUILDING, str(version.number))

    def put(self, version: Version) -> None:
        """Remember a manifest."""
        self._ledger.set_meta(f"{VERSIONS}{version.number}", version.model_dump_json())

    def forget(self, number: int) -> None:
        """The version of that number, which is not in use, is no more."""
        with self._ledger.transaction():
            self._ledger.set_meta(f"{VERSIONS}{number}", None)
            if self._ledger.get_meta(_BUILDING) == str(number):
                self._ledger.set_meta(_BUILDING, None)
            self._tidy()

    def _tidy(self) -> None:
        """Where there is one version only, nothing need be known of what changed."""
        if len(self._ledger.metas(VERSIONS)) == 1:
            self._ledger.untouch()

    def clear(self) -> None:
        """Forget them all: the ledger came from elsewhere, without its index."""
        with self._ledger.transaction():
            for key in (*self._ledger.metas("index."), _BEFORE):
                self._ledger.set_meta(key, None)
            self._ledger.untouch()

    def _get(self, number: str) -> Version:
        return self._read(number, self._ledger.get_meta(VERSIONS + number) or "")

    def _read(self, key: str, text: str) -> Version:
        try:
            return Version.model_validate_json(text)
        except ValidationError as error:
            raise IncompatibleIndexError(
                f"The ledger {self._ledger.path} says nothing usable of index version {key.removeprefix(VERSIONS)}. Use the Citewell "
                "that wrote it, or restore a snapshot: citewell library restore FILE --replace"
            ) from error

    def _from_before(self) -> Version | None:
        """The one version of a library from before there were several, as far as its ledger tells."""
        embedder, _, terms = (self._ledger.get_meta(_BEFORE) or "").rpartition("+")
        if not embedder:
            return None
        return Version(
            number=1,
            layout=1,
            engine="edge" if self._ledger.path.stem == "ledger" else "qdrant",
            embedder=embedder,
            dimension=384,  # the only embedder there was
            lexical=terms,
            created="",
            citewell="",
        )
