"""Prompts are files in this folder: purpose, version and exemplars in front, the system's words below. `render` is the only door.

An exemplar shows a model what the words ask for (few-shot; Jin et al., "Demystifying Large Language Models for Medicine"). It may also bias it:
exemplars can be left out (`exemplars=False`), and `citewell eval run qa --vary prompt` compares.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what a model is told; `role` is one of `ROLES`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told, and what it was made of: `digest` hashes the file (and whether exemplars were shown), never what was filled in."""

    name: str
    version: str
    digest: str
    messages: tuple[Message, ...]

    @property
    def label(self) -> str:
        """Name and version, as an answer records them."""
        return f"{self.name}-{self.version}"


@dataclass(frozen=True, slots=True)
class _File:
    version: str
    purpose: str
    system: Template
    user: Template
    exemplars: tuple[Message, ...]
    digest: str


def render(prompt: str, *, exemplars: bool = True, **values: Any) -> Prompt:
    """The prompt of that name with the values filled in. Raises `KeyError` for an unknown name, `jinja2.UndefinedError` for a value that is missing.

    Values are data: what looks like a template in them is not one.
    """
    file = _read(prompt)
    shown = file.exemplars if exemplars else ()
    messages = (
        Message("system", file.system.render(values)),
        *shown,
        Message("user", file.user.render(values)),
    )
    digest = hashlib.sha256(f"{file.digest} {bool(shown)}".encode()).hexdigest()[:12]
    return Prompt(prompt, file.version, digest, messages)


def names() -> tuple[str, ...]:
    """The prompts there are."""
    folder = files(__name__)
    return tuple(sorted(entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md")))


def purpose(prompt: str) -> str:
    """What a prompt is for. Raises `KeyError` for an unknown name."""
    return _read(prompt).purpose


@cache
def _read(prompt: str) -> _File:
    import frontmatter
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    if prompt not in names():
        raise KeyError(prompt)
    text = (files(__name__) / f"{prompt}.md").read_text(encoding="utf-8")
    post = frontmatter.loads(text)
    environment = ImmutableSandboxedEnvironment(  # what is told to a model is no markup
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    shown = tuple(
        Message(role, str(each[role]).strip())
        for each in post.get("exemplars", [])  # type: ignore[attr-defined]
        for role in ("user", "assistant")
    )
    return _File(
        version=str(post["version"]),
        purpose=str(post["purpose"]),
        system=environment.from_string(post.content.strip()),
        user=environment.from_string(str(post["user"]).strip()),
        exemplars=shown,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
