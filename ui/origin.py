"""Only the page itself may drive the server: no page of another site, and no name that was made to point at this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

REFUSED = 403
POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


class SameOrigin:
    """ASGI middleware that refuses what a browser sends here for a page from elsewhere.

    Browsers let any page open a websocket to `localhost`, and let a name that is pointed at 127.0.0.1 (DNS rebinding) read every answer. So an
    `Origin` must be that of the `Host`, and a server that only this machine can reach must be asked for by a name of this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        """`app` is everything that is served."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"} or not (fault := _fault(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": fault})
        else:
            problem = {"type": "about:blank", "title": "Forbidden", "status": REFUSED, "detail": fault}
            await JSONResponse(problem, REFUSED, media_type="application/problem+json")(scope, receive, send)


def _fault(scope: Scope) -> str:
    """What is wrong with where the request comes from, and the mend; empty where nothing is."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    origin = headers.get("origin")
    if origin is not None and _authority(origin) != host.lower():
        return "Another site's page may not ask this server. Open the page of this server itself."
    if is_loopback((scope.get("server") or ("",))[0]) and not is_loopback(_name(host)):
        return "This server answers as localhost only. Ask for it by that name, or serve with --host."
    return ""


def _authority(origin: str) -> str | None:
    """Host and port of an origin; `None` for an opaque one ("null")."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _name(host: str) -> str:
    """The name in a `Host` header, without port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether that name or address is this machine's own, which no other machine can reach."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
