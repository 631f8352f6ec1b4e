#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Formats the C++ files with clang-format-19, or with --check tells which are not formatted."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    listed = subprocess.run(["git", "ls-files", "*.h", "*.cc"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE, text=True).stdout.split()
    files = [name for name in listed if (ROOT / name).exists()]
    if "--check" not in sys.argv:
        subprocess.run(["clang-format-19", "-i", *files], cwd=ROOT, check=True)
        return 0
    bad = []
    for name in files:
        text = (ROOT / name).read_bytes()
        wanted = subprocess.run(["clang-format-19", f"--assume-filename={name}"], cwd=ROOT,
                                input=text, stdout=subprocess.PIPE, check=True).stdout
        if wanted != text:
            bad.append(name)
            print(f"{name}: not formatted; ./dev fmt does it")
    print(f"{len(files) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
