"""Commands: ``serve`` (answer as the publishers do), ``truth`` (write what the synthetic world knows), ``faults``."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import threading
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.faults import KINDS
from sandbox.server import serve
from sandbox.worlds import World

SYNTHETIC = "synthetic"


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it went well, 2 when the sandbox cannot be set up as asked."""
    logging.basicConfig(stream=sys.stderr, format="sandbox: %(message)s", level=logging.WARNING)
    asked = _parser().parse_args(arguments)
    try:
        return {"serve": _serve, "truth": _truth, "faults": _faults}[asked.command](asked)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve", help="answer as the publishers do, on 127.0.0.1")
    server.add_argument("--world", default=SYNTHETIC, help="'synthetic' (default) or a folder of recorded figures")
    server.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    server.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:TARGET][=AMOUNT]", help="may be repeated"
    )
    server.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    truth = commands.add_parser("truth", help="write the synthetic world's figures before rounding and holes, as CSV")
    truth.add_argument("--out", type=Path, required=True, help="folder, made when missing")
    for command in (server, truth):
        command.add_argument("--seed", type=int, default=1, help="another seed, another synthetic world")
        command.add_argument("--scale", type=float, default=1, help="multiplies persons; tables keep their row count")
        command.add_argument("--vintage", type=int, default=1, help="1 (default) or a later release of the same world")
    commands.add_parser("faults", help="list the faults that --fault knows")
    return parser


def _world(asked: argparse.Namespace) -> World:
    if asked.world == SYNTHETIC:
        from sandbox.worlds.synthetic import SyntheticWorld

        return SyntheticWorld(asked.seed, asked.scale, asked.vintage)
    from sandbox.worlds.recorded import RecordedWorld

    world = RecordedWorld(Path(asked.world))
    for notice in world.notices():
        logging.getLogger("sandbox").warning("%s", notice)
    return world


def _serve(asked: argparse.Namespace) -> int:
    world = _world(asked)
    with serve(world, asked.fault, asked.port) as sandbox:
        print(json.dumps({"base_url": sandbox.base_url}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):  # the usual way to end a server in a terminal
            _wait(asked.exit_with_stdin)
    return 0


def _wait(until_stdin_ends: bool) -> None:
    if not until_stdin_ends:
        threading.Event().wait()
    for _line in sys.stdin.buffer:
        continue  # only the end matters


def _truth(asked: argparse.Namespace) -> int:
    from sandbox.worlds.synthetic import SyntheticWorld
    from sandbox.worlds.synthetic.truth import write_truth

    for path in write_truth(SyntheticWorld(asked.seed, asked.scale, asked.vintage), asked.out):
        print(path)
    return 0


def _faults(_asked: argparse.Namespace) -> int:
    for name in sorted(KINDS):
        print(f"{name:24} {KINDS[name].description}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
