#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of suites.py: what counts as passed, and that nothing run is never a success."""
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


def main():
    failed = 0
    for name, output, code, expected in CASES:
        if suites.count(output, code) != expected:
            print(f"{name}: {suites.count(output, code)} instead of {expected}")
            failed += 1
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
