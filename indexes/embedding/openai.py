"""Embedding by a server that speaks OpenAI's protocol: TEI, vLLM, Ollama, LiteLLM, OpenAI itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Annotated

import httpx
import numpy as np
from pydantic import BaseModel, Field, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from indexes.embedding import Vectors
from indexes.embedding.spec import MAX_DIMENSION
from indexes.embedding.vectors import unit_vectors
from indexes.errors import ModelError

BATCH = 32  # texts a request: what text-embeddings-inference takes as it is set up
ATTEMPTS = 5
LONGEST_PAUSE_S = 30.0
TIMEOUT_S = 120.0  # without a byte
WHOLE_S = 600.0  # for an answer from its first byte to its last
LARGEST = 1 << 26  # bytes of an answer, unpacked: 32 vectors of 65,536 numbers
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_MENDS = {
    401: "Set its key: CITEWELL_EMBEDDER_API_KEY.",
    403: "Its key does not allow this: set another with CITEWELL_EMBEDDER_API_KEY.",
    404: "Check the model's name, and the address: it mostly ends with /v1.",
    413: "It takes fewer or shorter texts: set it to truncate what is too long.",
}

log = logging.getLogger(__name__)


class _Row(BaseModel):
    index: int
    embedding: Annotated[list[float], Field(min_length=1)]


class _Answer(BaseModel):
    data: list[_Row]


class _AskAgainError(Exception):
    """What may be gone when asked again; `wait` is what the server asks for, in seconds."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        super().__init__(what)
        self.wait = wait


class OpenAiEmbedder:
    """The model of that name on the server at `url`. Safe to share between threads.

    A server does not tell its weights: `name` is the model's name, and a model that is exchanged under it goes unnoticed but for its dimension.
    `sends_to` is the host that texts and questions go to, `None` where it is this machine. Errors show neither key nor texts.
    Raises `ModelError` where the server cannot be reached or does not answer as such a server does.
    """

    def __init__(
        self, model: str, url: str, api_key: str | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        for logger in ("httpx", "httpcore"):  # they log addresses
            logging.getLogger(logger).setLevel(logging.WARNING)
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise ModelError("CITEWELL_EMBEDDER_API_KEY holds characters that no key has: copy it again.")
        self.name = f"openai:{model}"
        self._model = model
        self.sends_to = remote_host(url)
        if self.sends_to:
            plain = ", over a connection that is not encrypted" if url.startswith("http:") else ""
            log.warning("Texts and questions are sent to %s to be embedded%s.", self.sends_to, plain)
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        # What is to stay on this machine goes to no proxy, which may be another one.
        direct = {} if self.sends_to else {"http://": None, "https://": None}
        self._client = httpx.Client(base_url=url.rstrip("/") + "/", headers=headers, timeout=TIMEOUT_S, mounts=direct)
        self._retrying = Retrying(
            retry=retry_if_exception_type(_AskAgainError),
            wait=_pause,
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
            sleep=sleep,
        )
        try:
            self.dimension = self._measured()
        except BaseException:
            self.close()
            raise

    @classmethod
    def from_spec(cls, spec: str, api_key: str | None = None) -> OpenAiEmbedder:
        """The embedder of `MODEL@URL`. Raises `ModelError` where it is not written so, and as the constructor does."""
        model, _, url = spec.rpartition("@")
        if not model or not url.startswith(("http://", "https://")) or not _is_address(url):
            raise ModelError(
                "CITEWELL_EMBEDDER names no model and address: write openai:MODEL@URL, as in openai:bge-m3@http://127.0.0.1:8080/v1."
            )
        return cls(model, url, api_key)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension), asked for in batches."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            vectors[start : start + BATCH] = unit_vectors(self._ask(batch), len(batch), self.dimension, self._who)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,) for a search query."""
        vector: Vectors = unit_vectors(self._ask([text]), 1, self.dimension, self._who)[0]
        return vector

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    @property
    def _who(self) -> str:
        return f"The embedding server {self._client.base_url.host} ({self._model})"

    def _measured(self) -> int:
        dimension = int(self._ask(["dimension"]).shape[1])
        if dimension > MAX_DIMENSION:
            raise ModelError(f"{self._who} gave a vector of {dimension:,} numbers: it is no embedding server.")
        return dimension

    def _ask(self, texts: Sequence[str]) -> Vectors:
        try:
            return self._retrying(self._attempt, texts)
        except _AskAgainError as error:
            raise ModelError(f"{self._who} {error}, {ATTEMPTS} times. Start it, or try again later.") from error

    def _attempt(self, texts: Sequence[str]) -> Vectors:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            with self._client.stream("POST", "embeddings", json=body) as response:
                content = self._read(response) if response.is_success else b""
        except httpx.TransportError as error:
            raise _AskAgainError(f"cannot be reached ({type(error).__name__})") from error
        except httpx.DecodingError as error:
            raise ModelError(
                f"{self._who} gave an answer that cannot be unpacked: ask it without a proxy between."
            ) from error
        if response.status_code in _AGAIN:
            asked = response.headers.get("retry-after", "")
            wait = min(float(asked), LONGEST_PAUSE_S) if asked.isascii() and asked.isdigit() else 0.0
            raise _AskAgainError(f"answered {response.status_code}", wait)
        if not response.is_success:  # its words might repeat texts or the key
            mend = _MENDS.get(
                response.status_code, "A text may be longer than the model reads: set the server to truncate."
            )
            raise ModelError(f"{self._who} refused with {response.status_code}. {mend}")
        try:
            rows = sorted(_Answer.model_validate_json(content).data, key=lambda row: row.index)
            vectors = np.array([row.embedding for row in rows], dtype=np.float32)
        except (ValidationError, ValueError) as error:
            raise ModelError(
                f"{self._who} gave no vectors of one length: check that the address is that of an OpenAI-compatible server, mostly ending with /v1."
            ) from error
        if [row.index for row in rows] != list(range(len(texts))):
            raise ModelError(f"{self._who} gave {len(rows)} vectors for {len(texts)} texts: nothing of it is used.")
        return vectors

    def _read(self, response: httpx.Response) -> bytes:
        """The body, as far as one can be. Raises `ModelError` where it does not end."""
        content, started = bytearray(), time.monotonic()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > LARGEST or time.monotonic() - started > WHOLE_S:
                raise ModelError(
                    f"{self._who} gives an answer without end ({len(content):,} bytes so far): it is no embedding server."
                )
        return bytes(content)


def _is_address(url: str) -> bool:
    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False


def remote_host(url: str) -> str | None:
    """The host of an address, or `None` where that is this machine."""
    host = httpx.URL(url).host
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return None if here else host


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    grown: float = wait_exponential_jitter(max=LONGEST_PAUSE_S)(state)
    return max(grown, error.wait if isinstance(error, _AskAgainError) else 0.0)
