"""Wire formats, one module per publisher or protocol. Each has ``HOSTS``, ``subjects`` and ``answer``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.worlds import World


@dataclass(frozen=True)
class Request:
    """A GET request, with the real host taken from the first path segment."""

    host: str
    path: tuple[str, ...]
    """Decoded path segments behind the host, empty ones left out."""
    query: Mapping[str, str]
    """Parameters by lower-case name, as the publishers read them."""
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Every value of each parameter, for publishers that read ``a=1&a=2`` as a list."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers by lower-case name."""


@dataclass(frozen=True)
class Answer:
    """What goes back over the socket."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: Iterable[bytes] | None = None
    """Sent in chunks instead of ``body``, for bodies nobody should hold in memory."""
    is_encoded: bool = False
    """The body is already as it shall travel; no compression on top."""
    bytes_before_reset: int | None = None
    """Break the connection after that many bytes of the body."""
    is_silent: bool = False
    """Close the connection without a word."""


class Provider(Protocol):
    """What the module of a publisher offers."""

    HOSTS: tuple[str, ...]

    def subjects(self, request: Request) -> frozenset[str]:
        """What a request is about; faults aim at these."""

    def answer(self, world: World, request: Request) -> Answer:
        """The publisher's answer."""


def read_request(target: str, headers: Mapping[str, str] | None = None) -> Request:
    """Read a request target such as ``/api.worldbank.org/v2/country?format=json``."""
    parts = urlsplit(target)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    pairs = [(name.lower(), value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    repeated: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        repeated[name] = (*repeated.get(name, ()), value)
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    return Request(segments[0] if segments else "", tuple(segments[1:]), dict(pairs), repeated, sent)


def not_recorded(world: World, name: str) -> Answer:
    """What a publisher's address answers when the world has nothing to show for it."""
    plain = {"Content-Type": "text/plain; charset=utf-8", "X-Not-Recorded": "true"}
    return Answer(404, plain, f"The {world.figures} world has no {name}.\n".encode())
