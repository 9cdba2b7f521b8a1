"""HTTP for every live source: at a polite pace, asked again where that can help, whole or not at all.

An answer counts only when it is complete: as long as its Content-Length says, its last chunk there, its gzip closed. What a service does not
frame at all can only be judged by its content, which is the client's part. Proxies and certificates are the system's (`HTTPS_PROXY`,
`NO_PROXY`, `SSL_CERT_FILE`).
"""

from __future__ import annotations

import logging
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeVar

import httpx

from ingestion import __version__
from ingestion.clients.patience import PATIENCE_S, AskAgainError, Pace, persist, retry_after
from ingestion.errors import LiveSourceError

MAX_REDIRECTS = 5
MAX_BYTES = 256 << 20
"""The longest answer that is taken into memory, decompressed."""
SLOWEST = 1 << 10
"""Bytes a second. An answer that comes more slowly for over a minute does not come."""
_GRACE_S = 60.0
_CHUNK = 1 << 18
_GZIP_WINDOW = 31
_AGAIN = frozenset({429, 500, 502, 503, 504})
_WAY_ON = "Check the connection (HTTPS_PROXY and SSL_CERT_FILE are honoured), and run the same command again later"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that is read as it comes. `length` is the bytes to come as declared, or `None`.

    `chunks` yields them as sent, and raises `LiveSourceError` (`transient`) where they break off: how many came is the reader's to know.
    """

    status: int
    headers: httpx.Headers
    length: int | None
    chunks: Iterator[bytes]


class Http:
    """One service. Safe to share between threads; close it, or use it as a context manager.

    `base_url` is where paths begin; `name` is what a user calls the service; `per_second` is how many requests may begin in a second. `timeout`
    is the seconds to wait for a connection or for the next bytes. `clock` (monotonic) and `sleep` are for tests, which do not wait.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        per_second: float,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises `LiveSourceError` where `base_url` is no http or https address."""
        for logger in ("httpx", "httpcore"):  # they log addresses, and with them what is searched for
            logging.getLogger(logger).setLevel(logging.WARNING)
        try:
            self._base = httpx.URL(base_url)
        except httpx.InvalidURL:
            self._base = httpx.URL()
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise LiveSourceError(f"The address set for {name} is not an http or https address; correct the setting.")
        self._service = f"{name} ({self._base.host})"
        self._clock = clock
        self._sleep = sleep
        self._pace = Pace(per_second, clock, sleep)
        self._client = httpx.Client(
            base_url=self._base,
            headers={"user-agent": f"citewell/{__version__}", "accept-encoding": "gzip", **(headers or {})},
            timeout=timeout,
            cookies=CookieJar(
                DefaultCookiePolicy(allowed_domains=())
            ),  # nobody follows us from one question to the next
        )

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(
        self, path: str, params: Mapping[str, str] | None = None, *, expected: Collection[int] = ()
    ) -> httpx.Response:
        """The whole answer, decompressed; `expected` are statuses beyond 2xx that the caller reads itself. Raises `LiveSourceError`."""
        return self.ask(path, lambda response: response, params=params, expected=expected)

    def post(self, path: str, data: Mapping[str, str], *, expected: Collection[int] = ()) -> httpx.Response:
        """As `get`, with a form in the body, where no proxy logs it. Only for questions: it is sent again where it fails."""
        return self.ask(path, lambda response: response, data=data, expected=expected)

    def ask(
        self,
        path: str,
        read: Callable[[httpx.Response], T],
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        expected: Collection[int] = (),
    ) -> T:
        """What `read` makes of the whole answer; it raises `AskAgainError` where that is not what a service in order would send.

        Sends a POST where there is `data`. Raises `LiveSourceError`.
        """

        def attempt() -> T:
            request = self._client.build_request("GET" if data is None else "POST", path, params=params, data=data)
            return read(self._whole(request, expected))

        return self._persist(attempt)

    @contextmanager
    def stream(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        expected: Collection[int] = (),
    ) -> Iterator[Stream]:
        """An answer to be read as it comes, at most `limit` bytes. Opening it is tried again; what breaks off later is the caller's to resume.

        Raises `LiveSourceError`, also while the chunks are read.
        """
        sent = {"accept-encoding": "identity", **(headers or {})}

        def begin() -> httpx.Response:
            return self._open(self._client.build_request("GET", path, params=params, headers=sent), expected)

        with closing(self._persist(begin)) as response:
            declared = response.headers.get("content-length", "")
            length = int(declared) if declared.isascii() and declared.isdigit() else None
            if length is not None and length > limit:
                raise self._too_long(limit)
            yield Stream(response.status_code, response.headers, length, self._reported(response, limit))

    def _reported(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        try:
            yield from self._raw(response, limit)
        except AskAgainError as error:
            raise self._gave_up(error) from error

    def _whole(self, request: httpx.Request, expected: Collection[int]) -> httpx.Response:
        with closing(self._open(request, expected)) as response:
            body = b"".join(self._decoded(response))
            headers = response.headers.copy()
            for name in ("content-encoding", "content-length", "transfer-encoding"):  # they spoke of the body as sent
                headers.pop(name, None)
            return httpx.Response(response.status_code, headers=headers, content=body)

    def _persist(self, attempt: Callable[[], T]) -> T:
        """What the attempt gives, tried again after growing pauses while what fails may be gone the next time."""
        try:
            return persist(attempt, self._sleep)
        except AskAgainError as error:
            raise self._gave_up(error) from error

    def _open(self, request: httpx.Request, expected: Collection[int]) -> httpx.Response:
        """The answer's head, redirects followed within the service; its body is to be read, and the response closed."""
        method = request.method
        for _ in range(MAX_REDIRECTS + 1):
            if not self._within(request.url) or request.method != method:  # a form that turns into a GET is lost
                raise LiveSourceError(
                    f"{self._service} points to another address, which Citewell does not follow. Correct the address in the settings."
                )
            self._pace.wait()
            with self._faults():
                response = self._client.send(request, stream=True)
            if response.next_request is None:
                try:
                    self._check_status(response, expected)
                except BaseException:
                    response.close()
                    raise
                return response
            request = response.next_request
            response.close()
        raise LiveSourceError(f"{self._service} redirects in a circle. Correct the address in the settings.")

    def _within(self, url: httpx.URL) -> bool:
        """Whether an address is the service's own: its host, and its scheme and port or https."""
        same = (url.scheme, url.port) == (self._base.scheme, self._base.port)
        return url.host == self._base.host and (same or url.scheme == "https")

    def _check_status(self, response: httpx.Response, expected: Collection[int]) -> None:
        status = response.status_code
        if response.is_success or status in expected:
            return
        if status in _AGAIN:
            raise AskAgainError(f"answered {status}", wait=retry_after(response.headers), status=status)
        mend = {
            401: "Check the API key in the settings.",
            403: "Check the API key in the settings, and whether the service is open to this network.",
            404: "Check what was asked for, and the address in the settings.",
            407: "The proxy in between wants a sign-in: put it into HTTPS_PROXY.",
        }.get(status, "Check what was asked for; if it is right, this Citewell may be too old for the service.")
        raise LiveSourceError(f"{self._service} answered {status}. {mend}", status=status)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """What goes wrong on the wire, in our words: the library's may repeat addresses."""
        try:
            yield
        except httpx.TimeoutException as error:
            raise AskAgainError("did not answer in time") from error
        except httpx.TransportError as error:
            if _about_certificates(error):
                raise LiveSourceError(
                    f"{self._service} cannot be proved to be what it says (TLS). Where a proxy opens connections, point SSL_CERT_FILE at "
                    "its certificate authority."
                ) from error
            connecting = isinstance(error, httpx.ConnectError | httpx.ProxyError)
            raise AskAgainError("cannot be reached" if connecting else "broke off in the middle") from error

    def _raw(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        """The body as sent: to its declared end, within the limit, and not drop by drop."""
        begun, received = self._clock(), 0
        with self._faults():
            for chunk in response.iter_raw():
                received += len(chunk)
                if received > limit:
                    raise self._too_long(limit)
                elapsed = self._clock() - begun
                if elapsed > _GRACE_S and received < elapsed * SLOWEST:
                    raise AskAgainError("answers too slowly")
                yield chunk

    def _decoded(self, response: httpx.Response) -> Iterator[bytes]:
        """The body, decompressed. httpx would take a gzip that ends early for whole, and has no limit for one that swells."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            yield from self._raw(response, MAX_BYTES)
            return
        if encoding not in ("gzip", "x-gzip"):
            raise AskAgainError("answered in an encoding that was not asked for")
        unpack = zlib.decompressobj(_GZIP_WINDOW)
        total = 0
        for chunk in self._raw(response, MAX_BYTES):
            data = chunk
            while True:
                if unpack.eof and data:  # zlib would gather it all, and copy it each time
                    raise AskAgainError("sent more than the data that it began")
                try:
                    piece = unpack.decompress(data, _CHUNK)
                except zlib.error as error:
                    raise AskAgainError("sent corrupt data") from error
                total += len(piece)
                if total > MAX_BYTES:
                    raise self._too_long(MAX_BYTES)
                yield piece
                data = unpack.unconsumed_tail or unpack.unused_data
                if not data and len(piece) < _CHUNK:
                    break
        if not unpack.eof:
            raise AskAgainError("broke off in the middle")

    def _too_long(self, limit: int) -> LiveSourceError:
        return LiveSourceError(
            f"{self._service} answered with more than {limit >> 20} MiB, which Citewell does not take. Check the address in the settings."
        )

    def _gave_up(self, error: AskAgainError) -> LiveSourceError:
        asked = f", and asks to wait {error.wait:.0f} seconds" if error.wait > PATIENCE_S else ""
        return LiveSourceError(f"{self._service} {error}{asked}. {_WAY_ON}.", transient=True, status=error.status)


def _about_certificates(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
