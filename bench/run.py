#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`./dev bench [startup|restart|throughput|groups|transactions|requests|append]`: runs the
measurements and prints their FIGURE lines."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "release"
COMMANDS = {
    "startup": [sys.executable, str(HERE / "startup.py")],
    "restart": [sys.executable, str(HERE / "restart.py")],
    "throughput": [sys.executable, str(HERE / "throughput.py")],
    "groups": [sys.executable, str(HERE / "groups.py")],
    "transactions": [sys.executable, str(HERE / "transactions.py")],
    "requests": [sys.executable, str(HERE / "requests.py")],
    "append": [str(BUILD / "bench" / "bench_append")],
}


def main():
    names = sys.argv[1:] or list(COMMANDS)
    for name in names:
        if name not in COMMANDS:
            sys.exit(f"no measurement is called {name}: {', '.join(COMMANDS)}")
    return max(subprocess.run(COMMANDS[name]).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main())
