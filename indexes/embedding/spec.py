"""`embedder.json`: what must be known of a model's files to embed with them as they were trained."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexes.errors import ModelError, ModelMissingError

FILE = "embedder.json"
MAX_DIMENSION = 1 << 16  # as the manifest of an index has it


class EmbedderSpec(BaseModel):
    """How a model embeds. Pooling takes the first token's state (`cls`) or the mean of all; prefixes are put before every text of their kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    dimension: int = Field(gt=0, le=MAX_DIMENSION)
    pooling: Literal["cls", "mean"]
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = Field(default=512, gt=2)

    @classmethod
    def read(cls, folder: Path) -> EmbedderSpec:
        """The spec in a model's folder. Raises `ModelMissingError` where there is none, `ModelError` naming the field that is wrong."""
        path = folder / FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ModelMissingError(
                f"{path} cannot be read ({error.strerror}): a model's folder needs model.onnx, tokenizer.json and {FILE}."
            ) from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ModelError(f"{path}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}.") from error

    def write(self, folder: Path) -> None:
        """Write the spec into a model's folder."""
        (folder / FILE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
