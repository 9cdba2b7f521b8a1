"""Reading the words of a picture with RapidOCR: PaddleOCR's models on onnxruntime, in this process, from the files that came with the package.

An option: `pip install 'citewell[ocr]'`. Nothing is downloaded and nothing is sent. https://rapidai.github.io/RapidOCRDocs/
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it loads only where a scan is read, as the rest does
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]

from ingestion.errors import SourceError

INSTALL = "pip install 'citewell[ocr]'"
_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_DETECTION_SIDE = 1600  # pixels of the longer side when lines are looked for; they are read at full size
_THREADS = 4  # each takes address space, which is bounded


@dataclass(frozen=True, slots=True)
class Reading:
    """Words that stand together on a line of the picture: where, in pixels from its upper left, and how sure the reader is of each character.

    `sure` has a figure from 0 to 1 for each character of `text`; `ink` is the share of the box that is dark.
    """

    text: str
    sure: tuple[float, ...]
    x0: float
    x1: float
    bottom: float
    height: float
    ink: float

    @property
    def confidence(self) -> float:
        """The mean over the characters."""
        return sum(self.sure) / len(self.sure)


class Reader:
    """Finds and reads lines of print. Latin letters and Chinese; no handwriting. Lines are not turned over: 96 upside down is 96 too.

    Raises `SourceError` with the mend where the option is not installed, or not whole.
    """

    def __init__(self) -> None:
        models = _models()
        os.environ["ORT_DISABLE_TELEMETRY"] = (
            "1"  # before onnxruntime is imported, which would start sending usage events
        )
        from rapidocr import RapidOCR

        self.name = f"rapidocr {version('rapidocr')}, {_RECOGNISER.removesuffix('.onnx')}"
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Global.use_vertical_padding": False,
                "Global.return_word_box": True,  # it tells how sure each character is
                "Det.model_path": str(models / _DETECTOR),  # named, so that none is fetched
                "Det.limit_type": "max",
                "Det.limit_side_len": _DETECTION_SIDE,
                "Rec.model_path": str(models / _RECOGNISER),
                "EngineConfig.onnxruntime.intra_op_num_threads": min(_THREADS, os.cpu_count() or 1),
            }
        )

    def read(self, picture: Picture) -> list[Reading]:
        """The lines of a grey picture, in no order."""
        import numpy as np
        from rapidocr.main import RapidOCRError

        colours = np.repeat(picture[:, :, None], 3, axis=2)
        try:
            crops, found = self._engine.detect_and_crop(colours, {"preprocess": {"ratio_h": 1.0, "ratio_w": 1.0}})
            read = self._engine.recognize_txt(crops)
        except RapidOCRError:  # there is nothing to read
            return []
        return list(_readings(found.boxes, read, crops))


def _readings(boxes: Any, read: Any, crops: list[Picture]) -> Iterator[Reading]:
    for box, text, word, crop in zip(boxes, read.txts, read.word_results, crops, strict=True):
        kept = [(char, sure) for char, sure in zip(text, word.confs, strict=False) if char.isprintable()]
        if "".join(char for char, _ in kept).strip():
            left_top, right_top, right_foot, left_foot = (complex(*map(float, corner)) for corner in box)
            yield Reading(
                "".join(char for char, _ in kept),
                tuple(sure for _, sure in kept),
                x0=(left_top + left_foot).real / 2,
                x1=(right_top + right_foot).real / 2,
                bottom=(left_foot + right_foot).imag / 2,
                height=(abs(left_foot - left_top) + abs(right_foot - right_top)) / 2,
                ink=_ink(crop),
            )


def _ink(crop: Picture) -> float:
    import numpy as np

    dark, light = np.percentile(crop, (5, 95))
    return float((crop < (dark + light) / 2).mean())


def _models() -> Path:
    """The folder of the models that come with the package."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise SourceError(f"reading scans is an option that is not installed; add it with: {INSTALL}")
    folder = Path(spec.origin).parent / "models"
    if missing := [name for name in (_DETECTOR, _RECOGNISER) if not (folder / name).is_file()]:
        raise SourceError(
            f"{folder} has no {missing[0]}; put it back with: pip install --force-reinstall 'rapidocr>=3.10,<4'"
        )
    return folder
