"""What models on torch have in common: found without a network, named by their weights, on the GPU where there is one."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from indexes.embedding.weights import fingerprint
from indexes.errors import ModelMissingError

FILES = ("*.safetensors", "*.json", "*.txt", "*.model")  # no pickles: they run code when they are read


def need(*packages: str) -> None:
    """Have the packages of the `models` extra at hand, and silent. Raises `ModelMissingError` with the mend."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when the library is imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise ModelMissingError(f"This model needs {name}: pip install 'citewell[models]'.")
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def find_model(model: str, *, downloads: bool) -> Path:
    """The folder of a model named by its path or as on the Hugging Face Hub, fetched only where `downloads`. Raises `ModelMissingError`."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if not model or model.startswith((".", "/", "~")):
        raise ModelMissingError(f"There is no folder {model or '(none was named)'}: name the folder of a model.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OfflineModeIsEnabled

    repository = model if "/" in model else f"sentence-transformers/{model}"
    patterns = [pattern for kind in FILES for pattern in (kind, f"[0-9]_*/{kind}")]
    try:
        return Path(snapshot_download(repository, allow_patterns=patterns, local_files_only=not downloads))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OfflineModeIsEnabled) as error:
        mend = (
            "The Hugging Face Hub does not give it: check the name and the connection (HF_HUB_OFFLINE must not be set)."
            if downloads
            else "Name a folder, or let Citewell fetch it from the Hugging Face Hub: CITEWELL_MODEL_DOWNLOADS=1."
        )
        raise ModelMissingError(f"The model {repository} is not on this machine. {mend}") from error


def model_name(model: str, folder: Path) -> str:
    """A model's name with the fingerprint of its files. Raises `ModelMissingError` where the folder holds no weights that are safe to read."""
    files = [path for kind in FILES for pattern in (kind, f"[0-9]_*/{kind}") for path in folder.glob(pattern)]
    if not any(path.suffix == ".safetensors" for path in files):
        raise ModelMissingError(
            f"{folder} has no model.safetensors: name the folder of a model saved by sentence-transformers."
        )
    return f"{Path(model).name}@{fingerprint(files)}"


def device_settings() -> tuple[str, dict[str, Any]]:
    """Where models run, and the arguments of their weights: bfloat16 on a GPU that has it; a thread for each processor that is ours."""
    import torch

    if torch.cuda.is_available():
        return "cuda", {"dtype": torch.bfloat16} if torch.cuda.is_bf16_supported() else {}
    if torch.backends.mps.is_available():
        return "mps", {}
    affinity = getattr(os, "sched_getaffinity", None)  # a container may have fewer than the machine
    torch.set_num_threads(len(affinity(0)) if affinity else os.cpu_count() or 1)
    return "cpu", {}


def bf16_pays() -> bool:
    """Whether the processor or GPU calculates in bfloat16: measured with bge-small on an EPYC with AVX512-BF16, a step takes about half the time."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported())
