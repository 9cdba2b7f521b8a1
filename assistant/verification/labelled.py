"""Claims beside evidence with a gold label, from the JSONL of the support sets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError
from assistant.verification.model import LABELS, Label


class LabelledError(AssistantError):
    """A set cannot be read; the message names file and line, and the mend."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, evidence, and what the evidence says of it. `source` names the set; `document_id` and `title` are empty where the set has none."""

    id: str
    source: str
    claim: str
    evidence: str
    label: Label
    document_id: str = ""
    title: str = ""


def read_labelled(path: Path) -> list[Labelled]:
    """The pairs of a JSONL file, or of every JSONL file of a folder in the order of their names. Raises `LabelledError`.

    `claim`, `evidence` (a text, or a list of sentences) and `label` are needed; whatever else a line has is optional.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise LabelledError(f"{path}: no .jsonl file in it; a support set is a file of claims, evidence and labels")
    return [pair for file in files for pair in _read(file)]


def _read(file: Path) -> Iterator[Labelled]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledError(f"{file}: cannot be read ({error}); give a UTF-8 JSONL file") from error
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LabelledError(f"{file.name}:{number}: not JSON ({error}); mend or remove the line") from error
        if not isinstance(record, dict):
            raise LabelledError(f'{file.name}:{number}: a JSON object is needed, with "claim", "evidence" and "label"')
        evidence = record.get("evidence")
        if isinstance(evidence, list) and all(isinstance(part, str) for part in evidence):
            evidence = " ".join(evidence)
        label = str(record.get("label", "")).strip().lower()
        for name, value in (("claim", record.get("claim")), ("evidence", evidence)):
            if not isinstance(value, str) or not value.strip():
                raise LabelledError(f'{file.name}:{number}: "{name}" is missing or no text; every line needs one')
        if label not in LABELS:
            raise LabelledError(f'{file.name}:{number}: "label" is {label!r}; known: {", ".join(LABELS)}')
        yield Labelled(
            id=str(record.get("id", number)),
            source=file.stem,
            claim=str(record["claim"]).strip(),
            evidence=str(evidence),
            label=label,
            document_id=str(record.get("document_id") or ""),
            title=str(record.get("title") or ""),
        )
    if not number:
        raise LabelledError(f"{file.name}: empty; nothing can be measured with it")


def group_folds(pairs: Sequence[Labelled], count: int) -> list[int]:
    """The fold of each pair, 0 to `count` - 1, so that no claim and no document of one fold is in another; the same for the same pairs."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    claims = [("claim", " ".join(pair.claim.lower().split())) for pair in pairs]
    for pair, claim in zip(pairs, claims, strict=True):
        parent[root(claim)] = root(("document", pair.document_id or pair.evidence))
    groups = [root(claim) for claim in claims]
    sizes = Counter(groups)
    filled, fold_of = [0] * count, {}
    for group in sorted(sizes, key=lambda each: (-sizes[each], each)):
        fold = filled.index(min(filled))
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return [fold_of[group] for group in groups]
