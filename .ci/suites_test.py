#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of suites.py: what counts as passed, and that nothing run is never a success."""
import concurrent.futures
import time

import suites

CASES = [
    ("plain line", "x\n3 passed, 0 failed\n", 0, (3, 0, 0)),
    ("last plain line counts", "1 passed, 0 failed\n5 passed, 2 failed\n", 1, (5, 2, 0)),
    ("googletest", "[  PASSED  ] 12 tests.\n", 0, (12, 0, 0)),
    ("googletest failures",
     "[  PASSED  ] 2 tests.\n[  FAILED  ] 1 test, listed below:\n", 1, (2, 1, 0)),
    ("python's unittest", "Ran 7 tests in 0.4s\n\nOK\n", 0, (7, 0, 0)),
    ("python's unittest failing", "Ran 7 tests in 0.4s\n\nFAILED\n", 1, (0, 1, 0)),
    ("nothing run", "hello\n", 0, (0, 1, 0)),
    ("zero tests", "[  PASSED  ] 0 tests.\n", 0, (0, 1, 0)),
    ("crash after success", "4 passed, 0 failed\n", -11, (4, 1, 0)),
    ("skipped is neither", "0 passed, 0 failed, 1 skipped\n", 0, (0, 0, 1)),
    ("word before the line", "units: 4 passed, 1 failed\n", 1, (4, 1, 0)),
]


def beside():
    """The most suites that ran at one time: beside one that may, beside one that may not."""
    running, most = [], {True: 0, False: 0}

    def fake_run(suite):
        running.append(suite)
        time.sleep(0.05)
        most[suite.parallel] = max(most[suite.parallel], len(running))
        running.remove(suite)
        return 1, 0, 0, 0.05, ""

    wanted = [suites.Suite(str(i), [], parallel=i % 3 != 0) for i in range(9)]
    suites.run, kept = fake_run, suites.run
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = [suite for suite, _ in suites.outcomes(pool, wanted)]
    suites.run = kept
    return set(ran) == set(wanted), most[True], most[False]


def main():
    failed = 0
    if beside() != (True, 2, 1):
        print(f"side by side: {beside()} instead of all, 2, 1")
        failed += 1
    for name, output, code, expected in CASES:
        if suites.count(output, code) != expected:
            print(f"{name}: {suites.count(output, code)} instead of {expected}")
            failed += 1
    print(f"{len(CASES) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
