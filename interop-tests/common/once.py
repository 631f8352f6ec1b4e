# SPDX-License-Identifier: Apache-2.0
"""What suites prepare in build/ (packages, programs, classes) is prepared by one of them at a time,
because suites run side by side. Holds no lock while a suite tests."""
import contextlib
import fcntl
import pathlib

LOCKS = pathlib.Path(__file__).resolve().parents[2] / "build" / "locks"


@contextlib.contextmanager
def preparing(name):
    """Waits until nobody else prepares `name`, also in other processes."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with open(LOCKS / name, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
