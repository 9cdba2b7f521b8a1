"""The small library and the scripted model of the engine's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "agent"))

from scripted_model import ask_model, small_library

__all__ = ["ask_model", "small_library"]
