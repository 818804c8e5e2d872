"""One polite, bounded way to ask a provider: retries, budgets, timeouts, size caps, allowed hosts."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import time
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ingestion import clock
from ingestion.catalog import Source
from ingestion.errors import Absent, BudgetExhausted, PayloadRejected, ProviderUnavailable
from ingestion.home import Home
from ingestion.origin import Origin

USER_AGENT = "braindrain/0.1 (public statistics of human capital on the move)"
CONNECT_SECONDS = 10
READ_SECONDS = 60
DOWNLOAD_SECONDS = 600
ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
REDIRECTS = 5
CHUNK_BYTES = 1 << 16
TRANSIENT_STATUS = (429, 500, 502, 503, 504)
# A provider that says "0" while refusing (the OECD does) is not asked again at once.
RETRY_AFTER_FLOOR_SECONDS = 1
RETRY_AFTER_CEILING_SECONDS = 120
# How much of a body shows whether it is a refusal in disguise, or what an error says.
HEAD_BYTES = 4096
# A local origin says with this header that it has no recording of what was asked for.
NOT_RECORDED = "X-Not-Recorded"

Refusal = Callable[[bytes], str | None]
"""Says what is wrong with the first bytes of a body that came as HTTP 200 and may be right another time."""


@dataclass(frozen=True)
class Answer:
    """One answer as it arrived: the body as sent, on disk, and the facts about it.

    ``encoding`` is the Content-Encoding of the stored bytes ("gzip" or ""), ``size_bytes`` their
    number, ``sha256`` their digest; ``retrieved_at`` is ISO 8601 UTC.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    retrieved_at: str
    sha256: str
    size_bytes: int
    encoding: str
    path: Path

    @property
    def body(self) -> Body:
        """The body, without the facts."""
        return Body(self.path, self.encoding)

    def content(self) -> bytes:
        """The decoded body."""
        return self.body.content()


@dataclass(frozen=True)
class Body:
    """A body as sent, on disk; its size, decoded too, was bounded when it was stored."""

    path: Path
    encoding: str

    def content(self) -> bytes:
        """The decoded body, whole."""
        return decoded(self.path.read_bytes(), self.encoding)

    def head(self) -> bytes:
        """The first bytes of the decoded body."""
        if self.encoding == "gzip":
            with gzip.open(self.path) as opened:
                return opened.read(HEAD_BYTES)
        with self.path.open("rb") as stored:
            return stored.read(HEAD_BYTES)


def version_of(answer: Answer) -> str:
    """What marks this version of a file: its ETag or Last-Modified date as sent, else its digest."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return headers.get("etag") or headers.get("last-modified") or f"sha256:{answer.sha256[:16]}"


def decoded(stored: bytes, encoding: str) -> bytes:
    """Undo the Content-Encoding of stored bytes that were found whole on arrival."""
    return zlib.decompress(stored, wbits=31) if encoding == "gzip" else stored


class PatientRetry(Retry):
    """urllib3's Retry with a floor and a ceiling under the provider's Retry-After."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        """Seconds to wait as the provider says, between our floor and our ceiling."""
        said = super().get_retry_after(response)
        if said is None:
            return None
        return min(max(said, RETRY_AFTER_FLOOR_SECONDS), RETRY_AFTER_CEILING_SECONDS)


class BrokenTransferError(Exception):
    """The body did not arrive whole; asking again may help. ``answer`` is what did arrive."""

    def __init__(self, what: str, answer: Answer | None = None) -> None:
        super().__init__(what)
        self.answer = answer


class Client:
    """Asks one source's hosts, within its budget, and streams what they send to disk.

    ``known`` holds the answers to small questions of this night, by address: datasets that share a question
    ask it once.
    """

    def __init__(
        self, home: Home, origin: Origin, source: Source, drafts: Path, known: dict[str, bytes] | None = None
    ) -> None:
        self.home = home
        self.origin = origin
        self.source = source
        self.drafts = drafts
        self.known = {} if known is None else known
        self.requests_made = 0
        retry = PatientRetry(
            total=ATTEMPTS - 1,
            backoff_factor=BACKOFF_SECONDS,
            status_forcelist=self._transient_status,
            allowed_methods=["GET"],
            redirect=False,
            raise_on_status=False,
        )
        self.session = requests.Session()
        # Proxies and .netrc of the machine belong to the internet, not to a server on the loopback.
        self.session.trust_env = origin.base_url is None
        self.session.headers["User-Agent"] = USER_AGENT
        self.session.headers["Accept-Encoding"] = "gzip"
        self.session.headers.update(source.headers)
        adapter = HTTPAdapter(max_retries=retry)
        self.session.mount("https://", adapter)
        if origin.base_url is not None:
            self.session.mount("http://", adapter)

    @property
    def _transient_status(self) -> tuple[int, ...]:
        return (*TRANSIENT_STATUS, *self.source.transient_status)

    def ask(
        self, url: str, where: str, headers: Mapping[str, str] | None = None, refusal: Refusal | None = None
    ) -> bytes:
        """The decoded body of a small question that nobody will want to see again (a probe)."""
        if url not in self.known:
            answer = self._get(url, where, headers, refusal, is_question=True)
            self.known[url] = answer.content()
            answer.path.unlink()
        return self.known[url]

    def ask_if_changed(self, url: str, where: str, version: str) -> bool:
        """Whether a file is another than the one of that version (an ETag or Last-Modified date, as sent then)."""
        name = "If-Modified-Since" if version.endswith(" GMT") else "If-None-Match"
        if url not in self.known:
            answer = self._get(url, where, {name: version}, None, is_question=True)
            is_same = answer.status == requests.codes.not_modified
            self.known[url] = (version if is_same else version_of(answer)).encode()
            answer.path.unlink()
        return self.known[url] != version.encode()

    def get(
        self, url: str, where: str, headers: Mapping[str, str] | None = None, refusal: Refusal | None = None
    ) -> Answer:
        """Download one address into a new file of the drafts folder.

        Any status below 400 is an answer; whether its body is one, the caller judges, save that what ``refusal``
        recognises is asked for again as if it had come with an error status.

        Raises:
            BudgetExhausted: the source's budget of this window is used up.
            ProviderUnavailable: no whole answer after all attempts (transient trouble);
                its ``answer`` is the last incomplete one, if any bytes came.
            PayloadRejected: a refusal that asking again will not cure (``status`` and ``answer`` tell), a
                redirect to a host that is not the provider's, or a body beyond the size cap.
            Absent: a local origin has no recording of it.
        """
        return self._get(url, where, headers, refusal, is_question=False)

    def _get(
        self, url: str, where: str, headers: Mapping[str, str] | None, refusal: Refusal | None, is_question: bool
    ) -> Answer:
        next_step = "ask again later; if it stays, look at the publisher's status page"
        for attempt in range(ATTEMPTS):
            time.sleep(BACKOFF_SECONDS * 2**attempt if attempt else 0)
            try:
                with self._follow(url, where, headers or {}, is_question) as response:
                    answer = self._stream(url, response, where)
                    self._refuse_error_status(answer, where)
                said = refusal(answer.body.head()) if refusal else None
                if said:
                    raise BrokenTransferError(said, answer)
                return answer
            except (BrokenTransferError, urllib3.exceptions.HTTPError) as error:
                broken = error
            except requests.RequestException as error:
                raise ProviderUnavailable(f"{url} cannot be reached ({error})", where, next_step) from error
        final = ProviderUnavailable(f"{url} sent no whole answer in {ATTEMPTS} attempts: {broken}", where, next_step)
        final.answer = broken.answer if isinstance(broken, BrokenTransferError) else None
        raise final from broken

    def _follow(self, url: str, where: str, headers: Mapping[str, str], is_question: bool) -> requests.Response:
        """Send the request and follow redirects, to the provider's own hosts only."""
        for _ in range(REDIRECTS):
            self._refuse_foreign_host(url, where)
            if not (is_question and self.source.budget.downloads_only):
                self._spend_budget(where)
            self.requests_made += 1
            located = self.origin.locate(url)
            response = self.session.get(
                located,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
            if not response.is_redirect:
                return response
            url = self.origin.publisher_url(urljoin(located, response.headers["Location"]))
            response.close()
        raise PayloadRejected(f"more than {REDIRECTS} redirects, last to {url}", where, "check the catalog's endpoint")

    def _refuse_foreign_host(self, url: str, where: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname not in self.source.hosts:
            raise PayloadRejected(
                f"the address {url} does not lead to a host of the publisher ({', '.join(self.source.hosts)})",
                where,
                "if the publisher moved, add the host to its catalog entry",
            )

    def _spend_budget(self, where: str) -> None:
        """Count one request against the source's budget, which is shared by all processes."""
        budget = self.source.budget
        self.home.budgets.mkdir(parents=True, exist_ok=True)
        with (self.home.budgets / f"{self.source.id}.json").open("a+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            handle.seek(0)
            now = time.time()
            spent = [moment for moment in json.loads(handle.read() or "[]") if now - moment < budget.per_seconds]
            if len(spent) >= budget.requests:
                free_in = round(budget.per_seconds - (now - spent[0]))
                raise BudgetExhausted(
                    f"{budget.requests} requests in {budget.per_seconds} s are spent", where, f"wait {free_in} s"
                )
            handle.seek(0)
            handle.truncate()
            json.dump([*spent, now], handle)

    def _refuse_error_status(self, answer: Answer, where: str) -> None:
        if answer.status < requests.codes.bad_request:
            return
        words = " ".join(answer.body.head()[:300].decode("utf-8", "replace").split())
        what = f"HTTP {answer.status} from {answer.url}" + (f" ({words})" if words else "")
        if NOT_RECORDED in answer.headers:
            next_step = "add one to the folder and ingest with --force, or use another origin"
            raise Absent(f"no recording of {answer.url}", where, next_step)
        if answer.status in self._transient_status:
            raise ProviderUnavailable(f"{what} after {ATTEMPTS} attempts", where, "ask again later")
        error = PayloadRejected(what, where, "check the catalog's endpoint against the publisher's documentation")
        error.answer, error.status = answer, answer.status
        raise error

    def _refuse_size(self, size_bytes: int, name: str, where: str) -> None:
        """Refuse what passes the source's cap."""
        cap = self.source.largest_payload_bytes
        if size_bytes > cap:
            next_step = "look at what the publisher sends; raise largest_payload_bytes if it is right"
            raise PayloadRejected(f"{name} passes {cap:,} bytes", where, next_step)

    def _stream(self, url: str, response: requests.Response, where: str) -> Answer:
        """Write the body as sent, and know that it is whole and within the cap, compressed and not."""
        self.drafts.mkdir(parents=True, exist_ok=True)
        path = self.drafts / f"{uuid.uuid4().hex}.draft"
        encoding = response.headers.get("Content-Encoding", "").lower()
        if encoding not in ("", "identity", "gzip"):
            raise PayloadRejected(f"Content-Encoding '{encoding}' was not asked for", where, "check the endpoint")
        gunzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        digest = hashlib.sha256()
        size = opened = 0
        cap = self.source.largest_payload_bytes
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        with path.open("wb") as draft:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                draft.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                opened += _opened_bytes(gunzip, chunk, cap) if gunzip else len(chunk)
                self._refuse_size(max(size, opened), url, where)
                if time.monotonic() > deadline:
                    raise BrokenTransferError(f"not complete after {DOWNLOAD_SECONDS} s")
        answer = Answer(
            url=url,
            status=response.status_code,
            headers=dict(response.headers),
            retrieved_at=clock.iso(clock.now()),
            sha256=digest.hexdigest(),
            size_bytes=size,
            encoding="gzip" if gunzip else "",
            path=path,
        )
        if gunzip and not gunzip.eof:
            raise BrokenTransferError("the gzip body is cut off", answer)
        return answer


def _opened_bytes(gunzip: zlib._Decompress, chunk: bytes, cap: int) -> int:
    """How many bytes a chunk opens to, never holding more than the cap (a bomb stops there)."""
    try:
        opened = len(gunzip.decompress(chunk, cap + 1))
    except zlib.error as error:
        raise BrokenTransferError(f"the gzip body is damaged ({error})") from error
    return opened + len(gunzip.unconsumed_tail)
