"""dbt in a process of its own that does not outlive its parent and reads the project once per version of it.

The parent holds the other end of standard input; when it dies, however it dies, the read
below ends and so does this process, and nobody goes on writing into a folder that the next
build clears away.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

from ingestion.home import write_atomically
from warehouse.inputs import DBT_PROJECT, project_checksums

PARSED = DBT_PROJECT / "target" / "parsed"
PARTIAL_PARSE = "partial_parse.msgpack"
# Folders that the sources name in their meta, and the variables of the environment that say where each stands.
ROOMS = {"lake": "BRAINDRAIN_LAKE", "inputs": "BRAINDRAIN_INPUTS"}


def end_with_parent() -> None:
    """Wait for the end of standard input, then end the process at once."""
    # Not sys.stdin: at the end of the process Python would want the lock that a reader of it holds.
    while os.read(0, 1):
        pass
    os._exit(1)


def read_project() -> Manifest | None:
    """The project as dbt's parser understood it, at an earlier build or now; None where it cannot be parsed.

    Reading 700 files takes longer than most builds. What a build may say for itself (release, as of,
    where the lake is) is put in at run time, so what was parsed holds for as long as the files do.
    """
    versions = [version(package) for package in ("dbt-core", "dbt-duckdb")]
    told = json.dumps([project_checksums(), versions, sys.version]).encode()
    known = PARSED / hashlib.sha256(told).hexdigest()
    if not known.exists():
        with tempfile.TemporaryDirectory() as scratch:
            project = ("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT))
            parsed = dbtRunner().invoke(
                ["parse", "--quiet", "--no-partial-parse", *project, "--target-path", scratch, "--log-path", scratch]
            )
            if not isinstance(parsed.result, Manifest):
                return None
            keep(Path(scratch) / PARTIAL_PARSE, known)
            # Parsing does leave garbage, 90 MB of it, which the build would carry to its end.
            gc.collect()
            return parsed.result
    manifest = Manifest.from_msgpack(known.read_bytes(), decoder=extended_mashumuro_decoder)
    for source in manifest.sources.values():
        for room in ROOMS.keys() & source.meta.keys():
            source.meta[room] = source.config.meta[room] = os.environ[ROOMS[room]].replace("'", "''")
    return manifest


def keep(parsed: Path, place: Path) -> None:
    """Keep what was parsed for the next build, unless the project's folder is not to be written to."""
    if not os.access(DBT_PROJECT, os.W_OK):
        return
    # Not what begins with a dot: another build may be writing it.
    for outdated in PARSED.glob("[!.]*"):
        outdated.unlink(missing_ok=True)
    write_atomically(place, parsed.read_bytes())


def main(arguments: list[str]) -> int:
    """Run dbt with these arguments; its exit code, as its own command line gives it."""
    # dbt builds a large graph of objects and keeps it to its end; looking through it for garbage finds none.
    gc.disable()
    project = read_project()
    if project is None:
        return 2
    result = dbtRunner(manifest=project).invoke(arguments)
    if result.exception:
        print(result.exception)
        return 2
    return 0 if result.success else 1


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
