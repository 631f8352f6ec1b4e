# SPDX-License-Identifier: Apache-2.0
"""Go for the suites: builds a program of this tree. Where the installed Go is older than a client
needs, a newer toolchain is taken from the module proxy as the module that it is."""

import os
import pathlib
import re
import subprocess

from once import preparing

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build" / "go"
TOOLCHAIN = "golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64"


def go_command():
    """A go of 1.21 or later (which fetches what go.mod asks for by itself)."""
    version = subprocess.run(
        ["go", "version"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    major, minor = (int(part) for part in re.search(r"go(\d+)\.(\d+)", version).groups())
    if (major, minor) >= (1, 21):
        return "go"
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["go", "mod", "download", TOOLCHAIN],
        cwd=BUILD,
        check=True,
        env={**os.environ, "GO111MODULE": "on", "GONOSUMDB": "*", "GONOSUMCHECK": "1"},
    )
    cache = subprocess.run(
        ["go", "env", "GOMODCACHE"], stdout=subprocess.PIPE, text=True, check=True
    )
    home = pathlib.Path(cache.stdout.strip()) / TOOLCHAIN
    for program in [*home.glob("bin/*"), *home.glob("pkg/tool/*/*")]:
        program.chmod(0o755)
    return str(home / "bin" / "go")


def build(folder):
    """The program of the module in `folder`."""
    program = BUILD / folder.name
    with preparing("go"):
        subprocess.run([go_command(), "build", "-o", str(program), "."], cwd=folder, check=True)
    return str(program)
