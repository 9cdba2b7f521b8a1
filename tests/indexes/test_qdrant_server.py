"""A Qdrant server that is down, slow, busy or rejects the key: asked again where that helps, and told with what to mend."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from passages import DIMENSION, local_engine, make_passage
from qdrant_client import QdrantClient, models

from indexes.engines import Search, point_id, qdrant_calls
from indexes.engines.qdrant import QdrantEngine
from indexes.engines.storage import Quantisation, Spread
from indexes.errors import EngineUnavailableError, IncompatibleIndexError
from indexes.filters import Filters
from indexes.lexical import SparseVector, encode_passage, encode_query
from indexes.passage import Kind

COLLECTION: dict[str, Any] = {
    "status": "green",
    "optimizer_status": "ok",
    "segments_count": 1,
    "payload_schema": {},
    "config": {
        "params": {"vectors": {"dense": {"size": DIMENSION, "distance": "Cosine"}}},
        "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
        "optimizer_config": {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0, "flush_interval_sec": 5},
    },
}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Answers as a Qdrant server with one empty collection does; first come the answers in `instead`, as status, headers and seconds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.instead: list[tuple[int, dict[str, str], float]] = []
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.there = True
        self.collection: object = COLLECTION
        self.points: object = {"points": []}
        self.answers: list[object] | None = None  # to searches, instead of the points for each
        self.page = b""  # what any other web server answers, whatever it is asked

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def engine(self, **options: object) -> QdrantEngine:
        return QdrantEngine.connect(self.url, "test", dimension=DIMENSION, **options)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        asked = json.loads(body or b"{}")
        server.asked.append((self.command, self.path.partition("?")[0], asked))
        status, headers, seconds = server.instead.pop(0) if server.instead else (200, {}, 0.0)
        time.sleep(seconds)
        if status == 0:  # cut the connection
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        result: object = {"status": "completed", "operation_id": 0}
        if self.path.endswith("/exists"):
            result = {"exists": server.there}
        elif self.command == "GET":
            result = server.collection
        elif self.path.partition("?")[0].endswith("/count"):
            result = {"count": 7}
        elif "/points/query/batch" in self.path:
            result = server.answers if server.answers is not None else [server.points] * len(asked["searches"])
        elif (self.command, self.path.partition("?")[0][-7:]) == ("POST", "/points"):
            result = server.points
        elif self.path.partition("?")[0] in ("/collections/test", "/collections/aliases"):
            result = True
        words = (
            {"status": {"error": "in its own words"}}
            if status >= 400
            else {"status": "ok", "time": 0.0, "result": result}
        )
        content = server.page or json.dumps(words).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - the base class looks for these

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(EngineUnavailableError, match=words):
        yield


@pytest.mark.parametrize("passing", [0, 429, 502, 503, 504])
def test_what_may_pass_is_tried_again(server: Server, passing: int) -> None:
    with closing(server.engine()) as engine:
        server.instead = [(passing, {}, 0.0)] * 2
        assert engine.count() == 7
        assert [path for _, path, _ in server.asked[-3:]] == ["/collections/test/points/count"] * 3


def test_a_busy_server_is_asked_again_when_it_says(server: Server) -> None:
    with closing(server.engine()) as engine:
        server.instead = [(429, {"Retry-After": "1"}, 0.0)]
        started = time.monotonic()
        assert engine.count() == 7
        assert time.monotonic() - started >= 1
        server.instead = [(429, {"Retry-After": "3600"}, 0.0)]
        asked = len(server.asked)
        with refused("too busy"):
            engine.count()
        assert len(server.asked) == asked + 1


def test_a_server_that_stays_busy_is_given_up(server: Server) -> None:
    with closing(server.engine()) as engine:
        server.instead = [(503, {}, 0.0)] * 10
        asked = len(server.asked)
        with refused("too busy.*503.*4 times"):
            engine.count()
        assert len(server.asked) - asked == qdrant_calls.ATTEMPTS == 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_key_names_its_setting_and_is_not_tried_again(server: Server, status: int) -> None:
    server.instead = [(status, {}, 0.0)] * 5
    with refused(f"rejects the key.*{status}.*CITEWELL_QDRANT_API_KEY"):
        server.engine()
    assert len(server.asked) == 1


def test_a_slow_server_is_waited_for_once_and_names_the_setting(server: Server) -> None:
    with closing(server.engine(timeout_s=1)) as engine:
        server.instead = [(200, {}, 3.0)]
        asked, started = len(server.asked), time.monotonic()
        with refused("in time.*CITEWELL_QDRANT_TIMEOUT"):
            engine.count()
        assert time.monotonic() - started < 3
        assert len(server.asked) == asked + 1


def test_other_refusals_are_told_in_the_servers_words(server: Server) -> None:
    with closing(server.engine()) as engine:
        server.instead = [(400, {}, 0.0)]
        with refused("HTTP 400.*in its own words"):
            engine.count()
        server.instead = [(404, {}, 0.0)]
        with refused("no such collection.*Start Citewell again"):
            engine.count()


@pytest.mark.parametrize(
    "points",
    [None, {"points": [{"id": 1, "version": 0, "score": float("nan")}]}, {"points": [{"id": 1, "version": 0}]}],
)
def test_an_answer_that_is_none_is_told(server: Server, points: object) -> None:
    with closing(server.engine()) as engine:
        server.points = points
        with refused("Is CITEWELL_QDRANT_URL that of a Qdrant server"):
            engine.dense(np.ones(DIMENSION, np.float32), 5, Filters())


def test_no_more_points_are_taken_than_were_asked_for(server: Server) -> None:
    with closing(server.engine()) as engine:
        server.points = {"points": [{"id": number, "version": 0, "score": 0.5} for number in range(500)]}
        assert len(engine.dense(np.ones(DIMENSION, np.float32), 5, Filters())) == 5


OURS = make_passage(1, "Aspirin.").to_payload()


@pytest.mark.parametrize(
    "payload", [{}, {"passage_id": 5}, OURS | {"kind": "poem"}, OURS | {"facets": {"mood": "blue"}}]
)
def test_points_of_another_program_are_told_with_the_mend(server: Server, payload: dict[str, Any]) -> None:
    with closing(server.engine()) as engine:
        server.points = [{"id": 1, "payload": payload}]
        with pytest.raises(IncompatibleIndexError, match="CITEWELL_QDRANT_COLLECTION"):
            engine.passages(["1"])


def test_vectors_of_another_form_are_none_of_ours(server: Server) -> None:
    good = [1.0] * DIMENSION
    with closing(server.engine()) as engine:
        vectors = [{"dense": good}, {"dense": [1.0]}, {"other": good}, good, {"dense": {"indices": [1], "values": [1]}}]
        server.points = [{"id": number, "vector": vector} for number, vector in enumerate(vectors)]
        assert list(engine.vectors(["1"])) == ["0"]


def test_a_server_that_goes_away_is_said_to_be_out_of_reach(server: Server) -> None:
    engine = QdrantEngine.connect(server.url, "test", dimension=DIMENSION)
    server.shutdown()
    server.server_close()
    with refused("cannot be reached.*CITEWELL_QDRANT_URL"), closing(engine):
        engine.count()


@pytest.mark.parametrize(
    "page", [b"<!doctype html><title>Welcome</title>", b"{}", b"[1]", b'{"result": {"exists": "perhaps"}}']
)
def test_another_web_server_is_said_to_be_none_of_qdrants_and_its_url_is_named(server: Server, page: bytes) -> None:
    server.page = page
    with refused(f"at {server.url} did not answer as it should.*Is CITEWELL_QDRANT_URL that of a Qdrant server"):
        server.engine()
    with refused("did not answer as it should"):
        QdrantEngine.drop(server.url, "test")


@pytest.mark.parametrize("url", ["foo", "http://", "//", "ftp://h/x", "http://h:99999", "http://a b", "me:secret@foo"])
def test_what_is_no_url_is_said_at_once(url: str) -> None:
    with pytest.raises(EngineUnavailableError, match=r"is not a URL: .*Write it like http") as told:
        QdrantEngine.connect(url, "test", dimension=DIMENSION)
    assert "secret" not in str(told.value)


def test_the_url_is_named_without_what_is_secret_in_it(server: Server) -> None:
    server.instead = [(401, {}, 0.0)]
    address = server.url.removeprefix("http://")
    with pytest.raises(EngineUnavailableError, match=f"at http://{address} rejects the key") as told:
        QdrantEngine.connect(f"http://me:secret@{address}", "test", dimension=DIMENSION)
    assert "secret" not in str(told.value)


def test_a_host_and_a_port_are_enough(server: Server) -> None:
    QdrantEngine.connect(server.url.removeprefix("http://"), "test", dimension=DIMENSION).close()


def test_a_new_collection_is_spread_and_quantised_as_the_settings_say(server: Server) -> None:
    server.there = False
    server.engine(quantisation=Quantisation.BINARY, spread=Spread(shards=6, replicas=2, on_disk=True)).close()
    made = next(body for method, path, body in server.asked if (method, path) == ("PUT", "/collections/test"))
    assert (made["shard_number"], made["replication_factor"]) == (6, 2)
    dense = made["vectors"]["dense"]
    assert (dense["on_disk"], dense["quantization_config"]) == (True, {"binary": {"always_ram": True}})
    indexed = {body["field_name"] for method, path, body in server.asked if path == "/collections/test/index"}
    assert {"kind", "year", "status", "facets.mesh", "facets.min_age"} <= indexed


@pytest.mark.parametrize(
    ("quantised", "oversampling"),
    [
        ({"scalar": {"type": "int8", "quantile": 0.99, "always_ram": True}}, 1.5),
        ({"product": {"compression": "x16", "always_ram": True}}, 4.0),
        ({"binary": {"always_ram": True}}, 6.0),
    ],
)
def test_a_quantised_collection_is_searched_with_rescoring(
    server: Server, quantised: dict[str, object], oversampling: float
) -> None:
    server.collection = {**COLLECTION, "config": {**COLLECTION["config"], "quantization_config": quantised}}
    with closing(server.engine()) as engine:
        engine.dense(np.ones(DIMENSION, np.float32), 5, Filters())
    asked = server.asked[-1][2]["searches"][0]["params"]
    assert asked["quantization"] == {"rescore": True, "oversampling": oversampling}


def test_a_question_asks_the_server_once_and_each_search_has_its_own_answer(server: Server) -> None:
    words, nothing = encode_query("aspirin"), SparseVector([], [])
    kinds = [Filters(kinds=frozenset({kind})) for kind in (Kind.GUIDELINE, Kind.TRIAL)]
    vector = np.ones(DIMENSION, np.float32)
    server.answers = [{"points": [{"id": point_id(f"d:{n}#0"), "version": 1, "score": float(n)}]} for n in range(3)]
    with closing(server.engine()) as engine:
        before = len(server.asked)
        found = engine.several(
            [Search(vector, 5, kinds[0]), Search(nothing, 5), Search(words, 5, kinds[1]), Search(vector, 5)]
        )
        assert [list(each.values()) for each in found] == [[0.0], [], [1.0], [2.0]]
        asked = server.asked[before:]
        assert [(method, path) for method, path, _ in asked] == [("POST", "/collections/test/points/query/batch")]
        searches = asked[0][2]["searches"]
        assert [search["using"] for search in searches] == ["dense", "lexical", "dense"]
        assert [search["filter"]["must"][0]["match"]["any"] for search in searches[:2]] == [["guideline"], ["trial"]]
        server.answers = server.answers[:1]
        with refused("answered 1 of 2"):
            engine.several([Search(vector, 5), Search(words, 5)])


def test_an_alias_is_moved_in_one_step_and_dropping_deletes(server: Server) -> None:
    QdrantEngine.call_it("library-current", server.url, "library-2")
    method, path, body = server.asked[-1]
    assert (method, path) == ("POST", "/collections/aliases")
    assert [next(iter(action)) for action in body["actions"]] == ["delete_alias", "create_alias"]
    QdrantEngine.drop(server.url, "test")
    assert server.asked[-1][:2] == ("DELETE", "/collections/test")


def test_a_collection_may_be_named_by_an_alias() -> None:
    client = QdrantClient(":memory:")
    engine = local_engine(client)
    engine.upsert([make_passage(1, "aspirin")], np.ones((1, DIMENSION), np.float32), [encode_passage("aspirin")])
    alias = models.CreateAlias(collection_name="test", alias_name="other")
    client.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])
    assert QdrantEngine(client, "other", dimension=DIMENSION).count() == 1
