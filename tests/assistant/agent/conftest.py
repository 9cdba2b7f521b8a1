"""Fixtures of `scripted`."""

from scripted import ask_model, small_library

__all__ = ["ask_model", "small_library"]
