"""One value a row in a file that only grows, read through memory maps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Column:
    """Rows of `width` values of one type. Rows that were appended and never counted by the store are written over."""

    def __init__(self, path: Path, dtype: Any, width: int) -> None:
        self._dtype = np.dtype(dtype)
        self._width = width
        self._bytes = self._dtype.itemsize * width
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._path = path

    def append(self, first_row: int, values: NDArray[Any]) -> None:
        """Write rows from that one on, down to the disk. Raises `OSError`."""
        left = memoryview(np.ascontiguousarray(values, self._dtype).tobytes())
        offset = first_row * self._bytes
        while left:
            written = os.pwrite(self._handle, left, offset)
            left, offset = left[written:], offset + written
        os.fsync(self._handle)

    def read(self, rows: int) -> NDArray[Any]:
        """The first rows, of shape (rows, width). Raises `ValueError` where the file holds fewer."""
        if not rows:
            return np.zeros((0, self._width), self._dtype)
        if os.fstat(self._handle).st_size < rows * self._bytes:
            raise ValueError(f"{self._path} was cut off: it should hold {rows} rows")
        return np.asarray(np.memmap(self._path, self._dtype, mode="r", shape=(rows, self._width)))

    def close(self) -> None:
        """Let the file go; maps that were read stay valid."""
        os.close(self._handle)
