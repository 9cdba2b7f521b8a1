"""A question in, a cited answer out: screening, planning, composing, verification, appraisal and the doors."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("citewell")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
