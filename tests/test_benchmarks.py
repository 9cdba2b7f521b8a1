"""Benchmarks take minutes and are run by hand: what they take from our packages must still be there when they are."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[1] / "benchmarks").rglob("*.py"))
OURS = {"assistant", "evals", "indexes", "ingestion", "ui"}


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_benchmark_takes_nothing_from_us_that_is_gone(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            module = import_module(node.module)
            for name in node.names:
                if not hasattr(module, name.name):  # else it is a module of the package
                    import_module(f"{node.module}.{name.name}")
