#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every libFuzzer target of a build tree for a while, and checks first that a planted bug (the
canary target) is found: a fuzzer that cannot fail proves nothing."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Short allocation stacks: the deep ones cost more than what is tested.
ASAN = "detect_leaks=1:malloc_context_size=5"
DONE = re.compile(r"Done (\d+) runs in (\d+) second")


def corpus_of(target):
    folder = ROOT / "build/corpus" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fuzz(target, arguments):
    seeds = [str(path) for path in ROOT.glob(f"*/fuzz/corpus/{target.name}")]
    seeds += [str(path) for path in (ROOT / arguments.build).glob(f"corpus/{target.name}")]
    command = [str(target), str(corpus_of(target)), *seeds, "-rss_limit_mb=1024", "-timeout=10",
               "-print_final_stats=1", f"-artifact_prefix={tempfile.gettempdir()}/{target.name}-"]
    if arguments.runs:
        command.append(f"-runs={arguments.runs}")
    else:
        command.append(f"-max_total_time={arguments.seconds}")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env={**os.environ, "ASAN_OPTIONS": ASAN})
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/fuzz")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=0, help="executions instead of seconds")
    parser.add_argument("--only", default="", help="part of a target's name")
    arguments = parser.parse_args()
    targets = sorted(path for path in (ROOT / arguments.build).rglob("fuzz_*")
                     if path.is_file() and os.access(path, os.X_OK) and arguments.only in path.name)
    passed = failed = 0
    for target in targets:
        code, output = fuzz(target, arguments)
        wants_failure = target.name == "fuzz_canary"
        good = (code != 0) == wants_failure
        passed, failed = passed + good, failed + (not good)
        runs = DONE.search(output)
        print(f"FIGURE {target.name}: "
              + (f"{runs[1]} executions in {runs[2]} s" if runs else "stopped by a finding"))
        if not good:
            print(output[-6000:])
    if not targets:
        print(f"no fuzz target in {arguments.build}: ./dev fuzz builds them")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
