"""Nothing leaves: Chainlit's folder inside the home, its page without outside links, and the door that enforces it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.words import FOOTER, INTENDED_USE

HERE = Path(__file__).resolve().parent

# The page may load from its own server and nowhere else, even if some text found a way to become markup. The
# frontend compiles our elements in the browser, which needs `unsafe-eval`, and starts with an inline script.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# What the page asks its server for. Chainlit answers more (login, uploads, MCP), and answers any other path with the
# page, which would hide the API's own 404.
PATHS = re.compile(
    r"/(?:(?:public|assets|avatars|ws/socket\.io)/[^\x00-\x1f\x7f]{0,200}|ws/socket\.io|favicon|logo|user|auth/config"
    r"|set-session-cookie|project/(?:settings|translations))?"
)

TRANSLATION = {
    "chat.input.placeholder": "Ask a clinical question",
    "chat.input.actions.send": "Ask",
    "chat.input.actions.stop": "Stop",
    "chat.messages.status.using": "",
    "chat.messages.status.used": "",
    "chat.watermark": FOOTER,
    "navigation.header.readme": "Intended use",
    "navigation.newChat.button": "New question",
    "navigation.newChat.dialog.title": "Start again?",
    "navigation.newChat.dialog.description": "This clears the questions and answers on this page.",
    "navigation.newChat.dialog.tooltip": "Start again",
}


class Door:
    """Lets through to the chat what the page needs, and tells the browser to load nothing from elsewhere."""

    def __init__(self, chat: ASGIApp) -> None:
        """`chat` is the mounted Chainlit application."""
        self._chat = chat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if scope["type"] == "http" and not PATHS.fullmatch(path):
            problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": f"No such path: {path}"}
            await JSONResponse(problem, 404, media_type="application/problem+json")(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._chat(scope, receive, send_with_headers)


def prepare(home: Path) -> Path:
    """Lay out Chainlit's folder in `home` and point Chainlit at it; must come before Chainlit is first imported."""
    folder = home.resolve() / "cache" / "page"
    running = sys.modules.get("chainlit.config")
    if running is not None:
        if Path(running.APP_ROOT) != folder:
            raise RuntimeError(f"The page of this process already runs from {running.APP_ROOT}: one home a process.")
        return folder
    os.environ |= {
        "CHAINLIT_APP_ROOT": str(folder),
        "CHAINLIT_ENV_FILE": str(folder / "no.env"),  # else Chainlit reads a `.env` of the current folder
        "TRACELOOP_TELEMETRY": "false",
    }
    spec = find_spec("chainlit")
    if spec is None or spec.origin is None:
        raise RuntimeError("Chainlit is not installed: install Citewell again with `pip install citewell`.")
    shipped = Path(spec.origin).parent
    shutil.rmtree(folder, ignore_errors=True)  # laid anew at every start: no other version's leavings, no session's
    shutil.copytree(HERE / "public", folder / "public")
    _lay_settings(shipped / "translations", folder)
    _lay_frontend(shipped / "frontend" / "dist", folder / "frontend")
    return folder


def without_outside_links(index: str) -> str:
    """Chainlit's start page less every `<link>` to another host (fonts, KaTeX)."""
    kept = re.sub(r"<link\b[^>]*\bhref=\"https?://[^>]*>", "", index)
    if left := re.findall(r"(?:href|src)=\"(?:https?:)?//[^\"]*", kept):
        raise RuntimeError(f"This version of Chainlit loads from outside: {', '.join(left)}. Install chainlit 2.12.")
    return kept


def _lay_settings(translations: Path, folder: Path) -> None:
    """Chainlit's settings, our words in its translation, and the text behind the button in the header."""
    target = folder / ".chainlit" / "translations"
    target.mkdir(parents=True)
    shutil.copyfile(HERE / "chainlit.toml", folder / ".chainlit" / "config.toml")
    texts = json.loads((translations / "en-US.json").read_text("utf-8"))
    for path, text in TRANSLATION.items():
        *parents, last = path.split(".")
        branch = texts
        for parent in parents:
            branch = branch[parent]
        branch[last] = text
    (target / "en-US.json").write_text(json.dumps(texts), "utf-8")
    (folder / "chainlit_en-US.md").write_text(INTENDED_USE, "utf-8")


def _lay_frontend(dist: Path, folder: Path) -> None:
    """The shipped frontend without source maps and without the players, plots and PDF viewer that load on demand."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(without_outside_links((dist / "index.html").read_text("utf-8")), "utf-8")
    for asset in dist.glob("assets/index-*"):
        if asset.suffix in {".js", ".css"}:
            shutil.copyfile(asset, folder / "assets" / asset.name)
