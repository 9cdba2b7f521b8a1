"""The world's documents in, passages out: sources, chunking, ledger and pipeline."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("citewell")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
