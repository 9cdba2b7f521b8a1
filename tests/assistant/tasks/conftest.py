"""Fixtures of `workbench`."""

from workbench import bench, bench_home, do

__all__ = ["bench", "bench_home", "do"]
