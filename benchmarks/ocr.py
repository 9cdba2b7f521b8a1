"""How well OCR reads guidelines, figures above all: pages that have text are made pictures, read, and compared with their own text.

python benchmarks/ocr.py --data ../shared/data --out benchmarks/results/ocr.json      (needs the extra `ocr`)

Twenty pages of the WHO's PDFs, evenly spaced among those with at least 1,500 characters and ten numbers, as two copies: *clean* as `--kind scan`
renders it, *poor* as a photocopy at 120 dpi, tilted, blurred, noisy, saved as JPEG. What the PDF places within a line's box is what the line
should read; quotes, dashes, bullets and white space are made alike first. A number is a run of digits with its decimals, sign and per cent.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import re
import sys
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingestion.sources.guideline_scan import DPI, rendered
from ingestion.sources.ocr import Reader, Reading
from ingestion.sources.scan_lines import LEAST, certainty, speck

PAGES = 20
TILT = 0.3  # degrees
POOR_DPI = 120
THRESHOLDS = (0.0, 0.5, 0.8, LEAST, 0.95, 0.99)
NUMBER = re.compile(r"[<>≤≥±~]?\d+(?:[.,/]\d+)*%?")
ALIKE = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "\x02": "-", "\xad": "-"}
)


@dataclass(frozen=True, slots=True)
class Char:
    """A printed character of a page, its middle in points from the upper left, and whether white space stands before it."""

    text: str
    x: float
    y: float
    spaced: bool


def printed(document: pypdfium2.PdfDocument, index: int, tilt: float) -> list[Char]:
    """The characters of a page in its order, placed as on a copy tilted by so many degrees."""
    chars: list[Char] = []
    with contextlib.closing(document[index]) as page, contextlib.closing(page.get_textpage()) as textpage:
        width, height = page.get_size()
        edge, foot, *_ = page.get_cropbox()  # what is cut off is not in the picture
        sin, cos = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))
        spaced = False
        for number in range(textpage.count_chars()):
            text = textpage.get_text_range(number, 1)
            if not text.strip():
                spaced = True
                continue
            left, bottom, right, top = textpage.get_charbox(number)
            dx, dy = (left + right) / 2 - edge - width / 2, height / 2 + foot - (bottom + top) / 2
            chars.append(Char(text, width / 2 + cos * dx + sin * dy, height / 2 - sin * dx + cos * dy, spaced))
            spaced = False
    return chars


def alike(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(ALIKE)
    text = re.sub(r"[•▪■◦●·\ue000-\uf8ff\ufffe\uffff]", " ", text)
    return " ".join(text.split()).removesuffix("-")  # PDFium tells a hyphen at a line's end in several ways


def inside(chars: list[Char], reading: Reading, scale: float) -> list[int]:
    """The characters that stand in the line's box, by their place in the page."""
    x0, x1 = reading.x0 / scale, reading.x1 / scale
    y0, y1 = (reading.bottom - reading.height) / scale, reading.bottom / scale
    return [n for n, char in enumerate(chars) if x0 <= char.x <= x1 and y0 <= char.y <= y1]


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (a != b))
    return row[-1]


def copy(picture: Any, poor: bool) -> Any:
    if not poor:
        return picture
    image = Image.fromarray(picture)
    small = image.resize(
        (round(image.width * POOR_DPI / DPI), round(image.height * POOR_DPI / DPI)), Image.Resampling.LANCZOS
    )
    small = small.rotate(TILT, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    noisy = 0.85 * np.asarray(small, float) + 20 + np.random.default_rng(0).normal(0, 10, (small.height, small.width))
    saved = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(saved, "JPEG", quality=40)
    return np.asarray(Image.open(saved).resize(image.size, Image.Resampling.BICUBIC))


def chosen_pages(folder: Path) -> list[tuple[Path, int]]:
    """Evenly spaced among those that hold text and numbers enough."""
    found = []
    for path in sorted([*(folder / "who_pdf").rglob("*.pdf"), *(folder / "misc_pdf").rglob("*.pdf")]):
        with contextlib.closing(pypdfium2.PdfDocument(path)) as document:
            for index in range(len(document)):
                with contextlib.closing(document[index]) as page, contextlib.closing(page.get_textpage()) as textpage:
                    text = textpage.get_text_range()
                if len(text) >= 1500 and len(NUMBER.findall(text)) >= 10:
                    found.append((path, index))
    return [found[n * len(found) // PAGES] for n in range(PAGES)] if len(found) >= PAGES else found


def measured(pages: list[tuple[Path, int]], reader: Reader, poor: bool) -> dict[str, Any]:
    lines: list[tuple[float, str, str]] = []  # certainty, what stands there, what was read
    characters, numbers, seconds = 0, 0, []
    for path, index in pages:
        with contextlib.closing(pypdfium2.PdfDocument(path)) as document:
            picture, scale = rendered(document, index)
            chars = printed(document, index, TILT if poor else 0.0)
        picture = copy(picture, poor)
        start = time.process_time()
        readings = [reading for reading in reader.read(picture) if not speck(reading)]
        seconds.append(time.process_time() - start)
        whole = alike("".join(" " * char.spaced + char.text for char in chars))
        characters += len(whole)
        numbers += len(NUMBER.findall(whole))
        for reading in readings:
            there = [chars[n] for n in inside(chars, reading, scale)]
            lines.append(
                (certainty(reading), alike("".join(" " * c.spaced + c.text for c in there)), alike(reading.text))
            )
        print(f"{path.name[:40]:<42}p. {index + 1:<5}{len(readings):>4} lines {seconds[-1]:6.1f} s", flush=True)
    rows = {}
    for least in THRESHOLDS:
        kept = [(truth, read) for sure, truth, read in lines if sure >= least]
        right = wrong = 0
        for truth, read in kept:
            expected, got = Counter(NUMBER.findall(truth)), Counter(NUMBER.findall(read))
            right += (expected & got).total()
            wrong += (got - expected).total()
        rows[f"{least:g}"] = {
            "characters_kept": sum(len(truth) for truth, _ in kept) / characters,
            "character_errors": sum(distance(*pair) for pair in kept) / sum(len(truth) for truth, _ in kept),
            "lines_kept": len(kept) / len(lines),
            "numbers_right": right,
            "numbers_wrong": wrong,
        }
    return {
        "characters": characters,
        "numbers": numbers,
        "lines": len(lines),
        "cpu_seconds_a_page": seconds,
        "thresholds": rows,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    options.add_argument("--out", type=Path, help="also write the result to this JSON file")
    chosen = options.parse_args()
    pages = chosen_pages(chosen.data / "ingest" / "guidelines")
    if not pages:
        options.error(f"no PDF under {chosen.data}/ingest/guidelines: give the data folder with --data")
    reader = Reader()
    result = {
        "engine": reader.name,
        "shipped": f"{LEAST:g}",
        "pages": [f"{path.name}, p. {index + 1}" for path, index in pages],
        "copies": {name: measured(pages, reader, name == "poor") for name in ("clean", "poor")},
    }
    print(json.dumps(result["copies"], indent=1))
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
