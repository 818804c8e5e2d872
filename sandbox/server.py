"""The server: HTTP/1.1 on 127.0.0.1, each real host as the first path segment.

Bodies travel as gzip when the client accepts it. Faults (``sandbox.faults``) step in at their stage.
"""

from __future__ import annotations

import gzip
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox import faults as fault_registry
from sandbox.errors import SandboxError
from sandbox.faults import Fault, FaultyWorld, parse_fault
from sandbox.providers import (
    Answer,
    Provider,
    Request,
    data360,
    eurostat,
    files,
    ilo,
    oecd,
    read_request,
    uis,
    unhcr,
    world_bank,
)
from sandbox.worlds import World

_MODULES: tuple[Provider, ...] = (world_bank, files, eurostat, ilo, oecd, data360, uis, unhcr)
PROVIDERS = {host: provider for provider in _MODULES for host in provider.HOSTS}
FASTEST_COMPRESSION = 1
WORTH_COMPRESSING = 1400
"""Bytes; smaller bodies fit into one network packet anyway."""


@dataclass
class Sandbox:
    """A running sandbox."""

    base_url: str
    """``http://127.0.0.1:PORT``, without a slash at the end."""
    requests: list[str] = field(default_factory=list)
    """Target of every request so far, in order of arrival: ``/api.worldbank.org/v2/country?format=json``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an endless body would otherwise keep the process from ending
    request_queue_size = 128

    def __init__(self, port: int, figures: str, respond: Callable[[str, Mapping[str, str]], Answer]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.figures = figures
        self.respond = respond

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong, but not that a client has read enough and left; that is its right."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.respond(self.path, dict(self.headers))
        if answer.is_silent:
            self.close_connection = True
        elif answer.stream is not None:
            self._send_chunks(answer)
        elif answer.bytes_before_reset is not None:
            self._send_and_reset(answer, answer.bytes_before_reset)
        else:
            self._send_whole(answer)

    def _head(self, answer: Answer, extra: dict[str, str]) -> None:
        self.send_response(answer.status)
        # Whoever takes figures from here must be able to label them.
        for name, value in {"X-Figures": self.server.figures, **answer.headers, **extra}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_whole(self, answer: Answer) -> None:
        body, extra = answer.body, {}
        accepts_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        if accepts_gzip and not answer.is_encoded and len(body) >= WORTH_COMPRESSING:
            body = gzip.compress(body, FASTEST_COMPRESSION, mtime=0)
            extra["Content-Encoding"] = "gzip"
        self._head(answer, {**extra, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_chunks(self, answer: Answer) -> None:
        self._head(answer, {"Transfer-Encoding": "chunked"})
        for block in answer.stream or ():
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
        self.wfile.write(b"0\r\n\r\n")

    def _send_and_reset(self, answer: Answer, bytes_before: int) -> None:
        self._head(answer, {"Content-Length": str(len(answer.body))})
        self.wfile.write(answer.body[:bytes_before])
        self.wfile.flush()
        # Lingering for zero seconds makes close() send RST instead of a polite FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it so)
        """Silence: the requests stand in ``Sandbox.requests``."""


def _unknown_host(request: Request) -> Answer:
    known = ", ".join(sorted(PROVIDERS))
    next_step = f"put one of these as the first path segment: {known}"
    return _plain(404, f"The sandbox has no host '{request.host}'. Next: {next_step}.")


def _plain(status: int, sentence: str) -> Answer:
    return Answer(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{sentence}\n".encode())


def respond(world: World, faults: Sequence[Fault], target: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer one request target (path and query), faults included."""
    request = read_request(target, headers)
    provider = PROVIDERS.get(request.host)
    if provider is None:
        return _unknown_host(request)
    subjects = provider.subjects(request) | {request.host}
    changed = fault_registry.change_request(faults, subjects, request)
    try:
        answer = provider.answer(FaultyWorld(world, faults) if faults else world, changed)
    except SandboxError as error:
        return _plain(500, str(error))
    return fault_registry.change_answer(faults, subjects, request, answer)


@contextmanager
def serve(world: World, faults: Sequence[str] = (), port: int = 0) -> Iterator[Sandbox]:
    """Serve a world in this process until the block ends; port 0 takes a free one.

    Raises:
        SandboxError: a fault is not known.
    """
    active = [parse_fault(text) for text in faults]
    targets: list[str] = []

    def log_and_respond(target: str, headers: Mapping[str, str]) -> Answer:
        targets.append(target)
        return respond(world, active, target, headers)

    server = _Server(port, world.figures, log_and_respond)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Sandbox(f"http://127.0.0.1:{server.server_address[1]}", targets)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
