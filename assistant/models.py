"""Which models the settings name; where they name none, those that `citewell models use` put in use; else the defaults."""

from __future__ import annotations

from assistant.settings import Settings
from indexes.embedding import Embedder, load_embedder
from indexes.finetuning.store import ModelKind, ModelStore
from indexes.model_spec import Access
from indexes.reranking import Reranker, load_reranker


def model_store(settings: Settings) -> ModelStore:
    """The models that were made here."""
    return ModelStore(settings.home / "models")


def chosen_embedder(settings: Settings) -> str | None:
    """The spec of the embedder to use; `None` where a library goes on with what it was built with. Raises `ModelError` where the store is damaged."""
    return settings.embedder or model_store(settings).in_use(ModelKind.EMBEDDER)


def open_embedder(settings: Settings, spec: str) -> Embedder:
    """The embedder of a spec, with what these settings give access to; the default one where it is empty. Raises what `load_embedder` raises."""
    return load_embedder(spec, _access(settings)) if spec else load_embedder()


def chosen_reranker(settings: Settings) -> Reranker | None:
    """The reranker to use, or `None`: by default there is none. Raises `ModelMissingError` where it is unknown or not installed."""
    spec = settings.reranker or model_store(settings).in_use(ModelKind.RERANKER)
    return load_reranker(spec, _access(settings)) if spec else None


def _access(settings: Settings) -> Access:
    key = settings.embedder_api_key
    return Access(key.get_secret_value() if key else None, model_store(settings).folder, settings.model_downloads)
