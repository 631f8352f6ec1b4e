#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the test suites that `./dev test` names, prints each one's figures and one closing line.

A suite is a command whose output tells how many of its checks passed: GoogleTest's closing
lines, or a line `N passed, N failed` anywhere. A command that fails, or that ran nothing, is a
failure. Never installs or builds anything: ./dev does."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", re.M)
GTEST_PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?\.", re.M)
GTEST_FAILED = re.compile(r"^\[  FAILED  \] (\d+) tests?, listed below", re.M)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in", re.M)


class Suite:
    def __init__(self, name, command, timeout=600, parallel=False):
        self.name, self.command = name, command
        self.timeout, self.parallel = timeout, parallel


def count(output, exit_code):
    """(passed, failed, skipped) as the output tells; one failure if it did not end well."""
    plain, skipped = PLAIN.findall(output), 0
    if plain:
        passed, failed, skipped = (int(number or 0) for number in plain[-1])
    else:
        passed = sum(int(n) for n in GTEST_PASSED.findall(output))
        passed += sum(int(n) for n in UNITTEST_RAN.findall(output)) if exit_code == 0 else 0
        failed = sum(int(n) for n in GTEST_FAILED.findall(output))
    if exit_code != 0 or passed + failed + skipped == 0:
        failed = max(failed, 1)
    return passed, failed, skipped


def run(suite):
    start = time.monotonic()
    try:
        done = subprocess.run(suite.command, cwd=ROOT, timeout=suite.timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL)
        output, code = done.stdout.decode(errors="replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        output += f"\nnot finished after {suite.timeout} s\n"
        code = -1
    return *count(output, code), time.monotonic() - start, output


def report(suite, outcome):
    passed, failed, skipped, seconds, output = outcome
    mark = "FAILED" if failed else "SKIP  " if skipped else "ok    "
    print(f"{mark} {suite.name:<36} {passed:>6} passed {failed:>4} failed {seconds:7.1f} s",
          flush=True)
    if failed:
        print("\n".join("    " + line for line in output.splitlines()[-80:]), flush=True)
    for line in output.splitlines():
        if line.startswith("FIGURE ") or line.startswith("SKIPPED "):
            print("       " + line.removeprefix("FIGURE "), flush=True)


def unit_suites(build):
    """Every program that CTest knows in this build tree, two at a time."""
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=ROOT / build, check=True,
                             stdout=subprocess.PIPE)
    return [Suite("unit " + test["name"], test["command"], 600, parallel=True)
            for test in json.loads(listing.stdout)["tests"]]


def fuzz_suites(build):
    seconds = os.environ.get("FUZZ_SECONDS", "15")
    runner = [sys.executable, ".ci/fuzz.py", "--build", build, "--seconds", seconds]
    return [Suite("fuzz smoke", runner, 1500, parallel=True)]


# These judge how long an answer takes, or fill what all share: nothing runs beside them.
ALONE = {"cli_compare", "disk_full", "fetch_memory", "groups", "hostile", "many_partitions",
         "stuck_disk"}


def interop_suites(build):
    """One folder a client under interop-tests/, each with a `run` that takes the binary. Most of
    them wait for a client most of the time: two run side by side."""
    binary = str(ROOT / build / "barnabas")
    folders = sorted(path.parent for path in (ROOT / "interop-tests").glob("*/run"))
    whole = os.environ.get("MATRIX_CLIENTS") == "all"  # builds Rust and Node clients first
    return [Suite(f"interop {folder.name}", [str(folder / "run"), binary],
                  3600 if whole and folder.name == "matrix" else 900,
                  parallel=folder.name not in ALONE) for folder in folders]


def golden_suites(build):
    binary, data = str(ROOT / build / "barnabas"), ROOT / "protocol/test/data"
    messages, records = str(data / "golden_messages.tsv.gz"), str(data / "golden_records.jsonl.gz")
    return [Suite("docs tables", [sys.executable, ".ci/docs.py", binary, "--check"]),
            Suite("golden messages", [binary, "wire", "check", messages]),
            Suite("golden records", [binary, "wire", "check-records", records])]


def tidy_suites(_build):
    checks = {"tidy rules": [".ci/tidy_test.py"],
              "tidy tree": [".ci/tidy.py"],
              "suite runner": [".ci/suites_test.py"],
              "group judge": ["interop-tests/common/groups_test.py"],
              "bench figures": ["bench/sheet_test.py"],
              "copy judge": ["interop-tests/common/transactions_test.py"],
              "matrix judge": ["interop-tests/matrix/verdict_test.py"],
              "format": [".ci/format.py", "--check"]}
    return [Suite(name, [sys.executable, *command], parallel=True)
            for name, command in checks.items()]


def outcomes(pool, suites):
    """(suite, outcome) as they end: first those that may run side by side, then the others."""
    side = {pool.submit(run, suite): suite for suite in suites if suite.parallel}
    for done in concurrent.futures.as_completed(side):
        yield side[done], done.result()
    for suite in suites:
        if not suite.parallel:
            yield suite, run(suite)


GROUPS = {"tidy": tidy_suites, "unit": unit_suites, "golden": golden_suites, "fuzz": fuzz_suites,
          "interop": interop_suites}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--fuzz-build", default="build/fuzz")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("groups", nargs="+", help="group, or group:part-of-a-name")
    arguments = parser.parse_args()
    suites = []
    for word in arguments.groups:
        group, _, part = word.partition(":")
        if group not in GROUPS:
            sys.exit(f"unknown suite {word}: allowed are {', '.join(GROUPS)}, each with :NAME")
        build = arguments.fuzz_build if group == "fuzz" else arguments.build
        suites += [suite for suite in GROUPS[group](build) if part in suite.name]
    totals = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for suite, outcome in outcomes(pool, suites):
            report(suite, outcome)
            totals = [total + part for total, part in zip(totals, outcome)]
    if not suites:
        print("no suite matches")
        totals[1] = 1
    skipped = f", {totals[2]} skipped" if totals[2] else ""
    print(f"{totals[0]} passed, {totals[1]} failed{skipped}")
    sys.exit(1 if totals[1] else 0)


if __name__ == "__main__":
    main()
