"""Fixtures of `scripted_model`."""

from scripted_model import ask_model, small_library

__all__ = ["ask_model", "small_library"]
