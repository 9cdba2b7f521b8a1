"""What a browser may say to Chainlit over its socket: only what the page says, under an identifier that is one."""

from __future__ import annotations

import uuid
from typing import Any

EVENTS = frozenset({"connect", "connection_successful", "client_message", "stop", "clear_session", "disconnect"})


def guard() -> None:
    """Make Chainlit refuse sessions whose identifier is no UUID, and events that the page does not use.

    Chainlit deletes the folder `.files/<identifier>` when a session ends, whatever identifier the browser chose: `../..` would be anything.
    """
    from chainlit.server import sio
    from chainlit.socket import connect

    async def guarded(sid: str, environ: dict[str, Any], auth: Any = None) -> bool:
        if not is_session(auth):
            raise ConnectionRefusedError("The session's identifier is not a UUID. Load the page again.")
        return bool(await connect(sid, environ, auth))

    handlers = sio.handlers["/"]
    for event in handlers.keys() - EVENTS:
        del handlers[event]
    sio.on("connect", guarded)


def is_session(auth: object) -> bool:
    """Whether what a browser introduces itself with holds texts only, and a UUID, written as usual, for the session."""
    if not isinstance(auth, dict) or not all(isinstance(value, str | None) for value in auth.values()):
        return False
    try:
        return str(uuid.UUID(auth.get("sessionId"))) == auth.get("sessionId")
    except (ValueError, TypeError, AttributeError):
        return False
