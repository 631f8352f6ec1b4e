#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`./dev bench [SCENARIO...]`: measures Barnabas beside Apache Kafka, prints a table for each
scenario and keeps its figures in build/bench/SCENARIO.json. Without names, all of them, in the
order of what matters: a and b are the cells that goals name, a-all and b-all add the others.
`report` writes docs/PERFORMANCE.md from what is kept; `append` measures the log alone.
BENCH_PAIRS=5, BENCH_SCALE=1 (length of turns), BENCH_LARGE_PAIRS=2 (starts with 10,000 partitions),
BENCH_RECOVERY_GB=5, BENCH_GROWTH_GB=20, BENCH_KEEP=FOLDER (see lifecycle.py), BENCH_ONLY=ours."""
import pathlib
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import growth  # noqa: E402
import lab  # noqa: E402
import latency  # noqa: E402
import lifecycle  # noqa: E402
import throughput  # noqa: E402
from broker import venv_python  # noqa: E402, lab has made the folder known
from sheet import table  # noqa: E402

SCENARIOS = {"a": throughput.produce, "b": throughput.consume, "d": throughput.requests,
             "k": throughput.flush, "c": latency.end_to_end, "g": lifecycle.memory,
             "f": lifecycle.start_up, "h": lifecycle.idle, "i": latency.groups,
             "j": latency.transactions, "e": throughput.fan_out, "m": growth.growth,
             "a-all": throughput.produce_all, "b-all": throughput.consume_all}


def measure(name):
    begin = time.monotonic()
    sheet = SCENARIOS[name]()
    path = sheet.save()
    print(table(sheet), flush=True)
    print(f"({name}) took {time.monotonic() - begin:.0f} s, kept in {path}", flush=True)


def other(name):
    """Whether it is one of those that measure no scenario."""
    if name == "report":
        python = venv_python("bench", HERE / "requirements.txt")
        subprocess.run([python, str(HERE / "report.py")], check=True)
    elif name == "append":
        subprocess.run([str(lab.BUILD / "bench" / "bench_append")], check=True)
    return name in ("report", "append")


def main():
    names, failed = sys.argv[1:] or list(SCENARIOS), []
    for name in names:
        if name not in SCENARIOS and name not in ("report", "append"):
            sys.exit(f"no scenario is called {name}: {', '.join(SCENARIOS)}, append, report")
    try:
        for name in names:
            try:
                other(name) or measure(name)
            except Exception:  # the others are worth having
                traceback.print_exc()
                failed.append(name)
    finally:
        lab.PAIR.close()
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
