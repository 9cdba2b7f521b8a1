"""What a browser may call its session: Chainlit makes a folder's name of it, and deletes that folder."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import httpx
import pytest
from page_server import Server

from ui.sessions import is_session


def introduced(**changes: object) -> dict[str, object]:
    """What the page says when it connects."""
    return {"clientType": "webapp", "sessionId": str(uuid.uuid4()), "userEnv": "{}", "threadId": ""} | changes


@pytest.mark.parametrize(
    "auth",
    [
        None,
        "text",
        {},
        introduced(sessionId="../../victim"),
        introduced(sessionId="/victim"),
        introduced(sessionId=""),
        introduced(sessionId=f"{{{uuid.uuid4()}}}"),
        introduced(sessionId=uuid.uuid4().hex),
        introduced(sessionId=5),
        introduced(chatProfile=["a"]),
    ],
)
def test_a_session_without_a_uuid_is_none(auth: object) -> None:
    assert not is_session(auth)


def test_the_page_s_own_introduction_is_a_session() -> None:
    assert is_session(introduced(chatProfile="Citewell"))
    assert is_session(introduced(threadId=None))


def test_a_session_s_name_cannot_delete_a_folder(server: Server, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("kept")

    def ended(name: str) -> bool:
        # Engine.IO 4 by long polling, in plain requests: a client library's background tasks can outlive a refused connection.
        with httpx.Client(base_url=server.url, timeout=20) as browser:
            query = {"EIO": "4", "transport": "polling"}
            opened = browser.get("/ws/socket.io/", params=query).text
            query["sid"] = json.loads(opened[1:])["sid"]
            browser.post("/ws/socket.io/", params=query, content="40" + json.dumps(introduced(sessionId=name)))
            if not browser.get("/ws/socket.io/", params=query).text.startswith("40"):
                return False
            browser.post("/ws/socket.io/", params=query, content='42["clear_session"]')
            browser.post("/ws/socket.io/", params=query, content="1")
        return True

    assert ended(str(uuid.uuid4()))
    assert not ended(str(tmp_path))
    assert not ended(f"../../../..{tmp_path}")
    assert (tmp_path / "precious").exists()
