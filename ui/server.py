"""API and chat page in one application."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from ui import asking, offline, sessions
from ui.origin import SameOrigin

if TYPE_CHECKING:
    from assistant.api.ingest import Intake
    from assistant.service import Assistant


def create_app(assistant: Assistant, intake: Intake | None = None) -> FastAPI:
    """The API of `assistant` with the chat page at `/`; with `intake` it ingests too."""
    from assistant.api.app import create_app as create_api

    return with_page(create_api(assistant, intake), assistant, home=assistant.library.home)


def with_page(api: FastAPI, assistant: asking.Asks, *, home: Path) -> FastAPI:
    """`api` with the chat page at `/`; Chainlit keeps its files in `home`. Routes that `api` has by now win over the page."""
    asking.use(assistant)
    offline.prepare(home)
    api.router.default = offline.Door(_chat())  # and not a mount at "", which would turn a wrong method (405) into 404
    api.add_middleware(SameOrigin)
    return api


@cache
def _chat() -> FastAPI:
    """Chainlit with our target; once a process, as it can be told its target only before its first request."""
    from chainlit.utils import mount_chainlit

    chat = FastAPI(openapi_url=None)
    mount_chainlit(chat, target=str(Path(__file__).with_name("app.py")), path="")
    sessions.guard()
    return chat
