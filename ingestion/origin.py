"""Where the outside world is: live, a synthetic world, a folder of recorded figures, or a stand-in.

Everything right of the socket is the same code: an origin only decides which server a
publisher's address leads to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ingestion.errors import CatalogError, ProviderUnavailable

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_END = 10
SERVER = "BRAINDRAIN_ORIGIN_SERVER"
"""Environment variable with the base URL of a local origin that somebody else has made answer."""

Kind = Literal["sandbox", "live", "recorded", "stand-in"]


@dataclass(frozen=True)
class Origin:
    """An origin that can be asked.

    ``base_url`` is None for the internet; else the local server on which every real host
    is the first path segment: ``http://127.0.0.1:PORT/api.worldbank.org/v2/…``.
    """

    kind: Kind
    text: str
    base_url: str | None

    def locate(self, url: str) -> str:
        """The address that stands for a publisher's ``https`` address under this origin."""
        if self.base_url is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self.base_url}/{parts.netloc}{parts.path}{query}"

    def publisher_url(self, located: str) -> str:
        """The publisher's address behind one that ``locate`` gave (redirects arrive in that form)."""
        if self.base_url is None or not located.startswith(f"{self.base_url}/"):
            return located
        return "https://" + located.removeprefix(f"{self.base_url}/")


def kind_of(text: str) -> Kind:
    """The kind of origin a text names.

    Raises:
        CatalogError: it names none.
    """
    if text in ("sandbox", "live"):
        return "sandbox" if text == "sandbox" else "live"
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"):
        return "stand-in"
    if Path(text).is_dir():
        return "recorded"
    raise CatalogError(
        f"'{text}' is neither 'sandbox' nor 'live', no folder, and no http://127.0.0.1:PORT",
        "ORIGIN",
        "set ORIGIN to one of these",
    )


@contextmanager
def open_origin(text: str) -> Iterator[Origin]:
    """Make the origin answer for the time of the context.

    ``BRAINDRAIN_ORIGIN_SERVER`` names a server that answers for it already. Otherwise the sandbox and recorded
    figures are served by a child process, which ends when this process does, however that happens: it watches
    its standard input.

    Raises:
        CatalogError: the text names no origin.
        ProviderUnavailable: the child did not come up.
    """
    kind = kind_of(text)
    if kind == "live":
        yield Origin(kind, text, None)
    elif kind == "stand-in":
        yield Origin(kind, text, text.rstrip("/"))
    elif SERVER in os.environ:
        yield Origin(kind, text if kind == "sandbox" else str(Path(text).resolve()), os.environ[SERVER])
    else:
        world = "synthetic" if kind == "sandbox" else str(Path(text).resolve())
        command = [sys.executable, "-m", "sandbox", "serve", "--world", world, "--exit-with-stdin"]
        # The child runs from this code's own tree and is given no text from outside but a folder that exists.
        with (
            tempfile.TemporaryFile("w+") as notices,
            subprocess.Popen(  # noqa: S603
                command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=notices, text=True
            ) as child,
        ):
            assert child.stdin is not None and child.stdout is not None  # noqa: S101 (typing: both are pipes)
            greeting = child.stdout.readline()
            try:
                if not greeting:
                    notices.seek(0)
                    said = notices.read().strip()
                    raise ProviderUnavailable(
                        f"the local server ended before it listened: {said}",
                        f"origin '{text}'",
                        "run `braindrain sandbox serve` to see it happen",
                    )
                yield Origin(kind, text if kind == "sandbox" else world, json.loads(greeting)["base_url"])
            finally:
                child.stdin.close()
                try:
                    child.wait(SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    child.kill()
