"""dbt in a process of its own that does not outlive its parent.

The parent holds the other end of standard input; when it dies, however it dies, the read
below ends and so does this process, and nobody goes on writing into a folder that the next
build clears away.
"""

from __future__ import annotations

import os
import sys
import threading


def end_with_parent() -> None:
    """Wait for the end of standard input, then end the process at once."""
    # Not sys.stdin: at the end of the process Python would want the lock that a reader of it holds.
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    from dbt.cli.main import cli

    cli(sys.argv[1:])
