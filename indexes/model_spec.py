"""How a setting names a model: `backend` or `backend:argument`, or the name of a model that is installed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from indexes.errors import ModelMissingError

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Access:
    """What opening a model may use: a server's key, the folder of the models that were made here, and whether one may be fetched."""

    api_key: str | None = None
    models: Path | None = None
    downloads: bool = False

    def __repr__(self) -> str:
        return f"Access(models={self.models!r}, downloads={self.downloads})"  # never the key


def open_by_spec(
    spec: str, access: Access, backends: Mapping[str, Callable[[str, Access], Model]], thing: str, forms: str
) -> Model:
    """The model a setting names. Raises `ModelMissingError` with the forms a spec may have where no backend knows it."""
    backend, _, argument = spec.partition(":")
    if backend in backends:
        return backends[backend](argument, access)
    installed = access.models / spec.partition("@")[0] if access.models and "/" not in spec else None
    if installed and (installed / "model.onnx").is_file():
        return backends["onnx"](str(installed), access)
    raise ModelMissingError(
        f"There is no {thing} {spec!r}. It may be {forms}, or a name that `citewell models list` shows."
    )
