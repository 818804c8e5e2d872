"""Faults on demand: each makes the sandbox misbehave in one way that publishers have been seen to.

A fault is asked for as ``NAME``, ``NAME:TARGET``, ``NAME=AMOUNT`` or ``NAME:TARGET=AMOUNT``. TARGET is an
indicator id, the id of a table, the name of a file or of a list (``country``, ``versions``, …) or a host; without it
the fault hits everything of its kind. AMOUNT is a number that its description names. ``python -m sandbox faults``
lists them.

There are seven stages at which a fault steps in: request (the question is understood wrongly), series, list, table and
file (what the world shows is wrong), document (the JSON is wrong), answer (status, headers or bytes are wrong). A
fault that every kind of figures can have steps in at several.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sandbox.faults import answers, files, series, tables  # noqa: F401 (each enters its faults into the registry)
from sandbox.faults.registry import KINDS, Fault, hitting, parse_fault
from sandbox.providers import Answer, Request
from sandbox.worlds import Edition, Entry, File, Series, Status, Table, World

__all__ = ["KINDS", "Fault", "FaultyWorld", "change_answer", "change_request", "parse_fault"]


class FaultyWorld:
    """A world whose figures and lists pass through the faults that are switched on."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self._world = world
        self._faults = faults
        self.figures = world.figures

    def table(self, name: str) -> Table | None:
        """The table, after the faults; their target is its name or the part behind the slash."""
        found = self._world.table(name)
        about = frozenset({name, name.partition("/")[2]})
        for fault, change in hitting(self._faults, "table", about) if found is not None else []:
            found = change(fault, found)
        return found

    def file(self, address: str) -> File | None:
        """The file, after the faults; their target is its address or its name."""
        found = self._world.file(address)
        about = frozenset({address, address.rpartition("/")[2]})
        for fault, change in hitting(self._faults, "file", about) if found is not None else []:
            found = change(fault, found)
        return found

    def listing(self, name: str) -> list[Entry] | None:
        """The list, after the faults."""
        entries = self._world.listing(name)
        for fault, change in hitting(self._faults, "list", frozenset({name})) if entries is not None else []:
            entries = change(fault, name, entries)
        return entries

    def status(self, indicator_id: str) -> Status:
        """As the world says."""
        return self._world.status(indicator_id)

    def series(self, indicator_id: str) -> Series:
        """The series, after the faults."""
        return self._spoil(self._world.series(indicator_id), indicator_id)

    def editions(self) -> tuple[Edition, ...]:
        """As the world says."""
        return self._world.editions()

    def is_archived(self, series_id: str) -> bool:
        """As the world says."""
        return self._world.is_archived(series_id)

    def archived_series(self, series_id: str, edition_id: str) -> Series | None:
        """The series of that edition, after the faults."""
        series = self._world.archived_series(series_id, edition_id)
        return None if series is None else self._spoil(series, series_id)

    def _spoil(self, series: Series, asked_id: str) -> Series:
        for fault, change in hitting(self._faults, "series", frozenset({asked_id})):
            series = change(fault, series, self._world)
        return series


def change_request(faults: Sequence[Fault], subjects: frozenset[str], request: Request) -> Request:
    """The request as the faulty publisher understands it."""
    for fault, change in hitting(faults, "request", subjects):
        request = change(fault, request)
    return request


def change_answer(faults: Sequence[Fault], subjects: frozenset[str], request: Request, answer: Answer) -> Answer:
    """The answer as the faulty publisher sends it."""
    about_documents = hitting(faults, "document", subjects)
    if about_documents and answer.headers.get("Content-Type", "").startswith("application/json"):
        document = json.loads(answer.body)
        for fault, change in about_documents if series.rows_of(document) else []:
            document = change(fault, document, request)
        answer = replace(answer, body=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    for fault, change in hitting(faults, "answer", subjects):
        answer = change(fault, answer)
    return answer
