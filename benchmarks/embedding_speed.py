"""How many abstracts a second are embedded, and what share of the chip's peak that is; used by `gpu.py`.

The arithmetic, for a BERT encoder of l layers, hidden size h and feed-forward size f: a token costs, in multiplications with an addition,

    l · (4·h²        queries, keys, values and the projection after attention
         + 2·h·f     feed-forward, up and down
         + 2·h·n)    scores against the n tokens of its text, and their weighted sum

and twice as many floating-point operations. bge-small (l 12, h 384, f 1536) takes 49.8 million a token of a text of 400 tokens, 19.9 billion an
abstract. Only real tokens count, padding does not; so the share says how much of the chip's limit does useful work. Peaks are the makers' figures for
dense matrices (NVIDIA's data sheets); fp32 is what PyTorch does by default, without TF32.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PEAKS = {  # TFLOP/s by a part of the device's name, the first that fits: fp32, bf16, fp16
    "H200": (67.0, 989.4, 989.4),
    "H100 PCIe": (51.2, 756.0, 756.0),
    "H100": (67.0, 989.4, 989.4),
    "A100": (19.5, 312.0, 312.0),
    "L40S": (91.6, 362.0, 362.0),
    "L4": (30.3, 121.0, 121.0),
    "A10": (31.2, 125.0, 125.0),
    "T4": (8.1, None, 65.0),
}
PRECISIONS = ("fp32", "bf16", "fp16")
BATCHES = (32, 128, 512, 1024)
SECONDS = 5.0  # of each measurement, at least


def flops(layers: int, hidden: int, feed_forward: int, lengths: Sequence[int]) -> float:
    """Floating-point operations of embedding texts of so many tokens each."""
    return sum(
        2 * n * layers * (4 * hidden**2 + 2 * hidden * feed_forward + 2 * hidden * n) for n in map(float, lengths)
    )


def on_gpu(texts: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each precision and batch size, of the default model in float, through torch."""
    import torch
    from sentence_transformers import SentenceTransformer

    from indexes.embedding.weights import BGE_SMALL, weights_folder
    from indexes.finetuning.dequantise import dequantise_embedder

    types = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    device = torch.cuda.get_device_name()
    peaks = next((values for name, values in PEAKS.items() if name in device), (None, None, None))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "bge-small"
        dequantise_embedder(weights_folder(), BGE_SMALL, checkpoint)
        for precision, peak in zip(PRECISIONS, peaks, strict=True):
            if precision == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
                continue
            model = SentenceTransformer(
                str(checkpoint), device="cuda", local_files_only=True, model_kwargs={"dtype": types[precision]}
            )
            lengths = [
                min(len(ids), BGE_SMALL.max_tokens)
                for ids in model.tokenizer(list(texts), truncation=True)["input_ids"]
            ]
            config = model[0].auto_model.config
            work = flops(config.num_hidden_layers, config.hidden_size, config.intermediate_size, lengths)
            for batch in BATCHES:
                torch.cuda.reset_peak_memory_stats()
                try:
                    model.encode_document(list(texts[: 2 * batch]), batch_size=batch)
                    passes, started = 0, time.perf_counter()
                    while not passes or time.perf_counter() - started < SECONDS:
                        model.encode_document(list(texts), batch_size=batch)
                        passes += 1
                except torch.OutOfMemoryError:
                    rows.append({"precision": precision, "batch": batch, "skipped": "does not fit the GPU's memory"})
                    torch.cuda.empty_cache()
                    continue
                seconds = (time.perf_counter() - started) / passes  # the vectors have arrived: they are numpy arrays
                rows.append(
                    {
                        "precision": precision,
                        "batch": batch,
                        "abstracts_per_s": round(len(texts) / seconds, 1),
                        "tokens_per_s": round(sum(lengths) / seconds),
                        "tflops": round(work / seconds / 1e12, 2),
                        "share_of_peak": round(work / seconds / 1e12 / peak, 4) if peak else None,
                        "memory_mib": round(torch.cuda.max_memory_allocated() / 2**20),
                    }
                )
            del model
    return rows


def on_processor(texts: Sequence[str]) -> list[dict[str, Any]]:
    """One row: the default embedder, int8 on onnxruntime."""
    from indexes.embedding import load_embedder

    embedder = load_embedder()
    embedder.embed_passages(texts[:4])
    started = time.perf_counter()
    embedder.embed_passages(texts)
    seconds = time.perf_counter() - started
    return [{"precision": "int8 (onnx)", "batch": None, "abstracts_per_s": round(len(texts) / seconds, 1)}]
