"""What a browser may call its session: Chainlit makes a folder's name of it, and deletes that folder."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import socketio
from conftest import Server

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

    async def end_a_session(name: str) -> bool:
        client = socketio.AsyncClient(reconnection=False)
        try:
            await client.connect(
                server.url,
                socketio_path="/ws/socket.io",
                transports=["polling"],
                auth=introduced(sessionId=name),
            )
        except socketio.exceptions.ConnectionError:
            return False
        finally:
            if client.connected:
                await client.emit("clear_session")
                await client.disconnect()
            if client.eio.http is not None:
                await client.eio.http.close()
        return True

    def ended(name: str) -> bool:
        with ThreadPoolExecutor(1) as apart:  # the browser of other tests keeps a loop running in this thread
            return apart.submit(lambda: asyncio.run(end_a_session(name))).result()

    assert ended(str(uuid.uuid4()))
    assert not ended(str(tmp_path))
    assert not ended(f"../../../..{tmp_path}")
    assert (tmp_path / "precious").exists()
