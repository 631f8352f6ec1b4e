#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/COMPATIBILITY.md from the binary's own api table, or with --check tells whether the
file is what the binary says. Differences in what Kafka's tools print come from the lists that
interop-tests/admin_tools, admin_java and cli_compare judge by, the table of clients from
interop-tests/matrix.
`docs.py BINARY [--check]`."""
import json
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "interop-tests" / each) for each in ("common", "matrix")]
import table  # noqa: E402

PAGE = ROOT / "docs" / "COMPATIBILITY.md"
DIFFERENCES = [ROOT / "interop-tests" / suite / "differences.json"
               for suite in ("admin_tools", "admin_java")]
DIFFERENCES.append(ROOT / "interop-tests" / "admin_tools" / "unasked.json")
OWN_TOOLS = ROOT / "interop-tests" / "cli_compare" / "differences.json"
INTRODUCTION = """# Compatibility

Made by `.ci/docs.py` from the broker's api table; `./dev test` fails when the two differ. The
third column is what this broker answers, the fourth what a stock Apache Kafka 4.3 broker
advertises on a client's listener. ApiVersions advertises what is answered, with Kafka's own
minimum for Produce (0), which old clients look for although nobody sends it.

Where the behaviour differs from Kafka's on purpose: a topic that a Metadata request creates is
in that very answer; FindCoordinator and InitProducerId answer at once where Kafka says "not
yet" first; a Produce without records is refused instead of never answered;
group.initial.rebalance.delay.ms and group.consumer.assignment.interval.ms are 0 by default, and
the topics of a subscription by regular expression are found at once, so that members get their
part in their first answer; members of a KIP-848 group in motion are asked for heartbeats up to
every 200 ms (a group.consumer.assignment.interval.ms above 0 brings Kafka's pace back); a
compacted topic that holds records without key (of the time before it was compacted) is left as it
is and reported, where Kafka drops them; UnregisterBroker of the broker itself changes nothing,
for it would register again at once; patterns of client metrics subscriptions have the syntax of
RE2.

GetTelemetrySubscriptions and PushTelemetry are answered but not advertised, as by an Apache Kafka
without a metrics plugin: nothing receives what clients would push.

"""


def page(binary):
    apis = subprocess.run([binary, "apis"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return INTRODUCTION + apis + table.text() + tools() + own_tools()


def tools():
    """What Kafka's tools show otherwise than on Apache Kafka, each with its reason."""
    lines = ["", "## Kafka's command line tools and Java Admin client", "",
             "`interop-tests/admin_tools` runs the tools in all their forms, `admin_java` calls",
             "every method of the client, and both compare with Apache Kafka. What differs:", ""]
    lines += listed(row["why"] for each in DIFFERENCES for row in json.loads(each.read_text()))
    return "\n".join(lines) + "\n"


def listed(texts):
    return [line for text in dict.fromkeys(texts)
            for line in textwrap.wrap(text + ".", 96, initial_indent="- ", subsequent_indent="  ")]


def own_tools():
    """What the binary's own commands lack or do otherwise than those of Kafka's name."""
    own = json.loads(OWN_TOOLS.read_text())
    lines = ["", "## The binary under the names of Kafka's tools", "",
             "`interop-tests/cli_compare` puts the same command lines to Kafka's tools and ours,",
             "and tries each option that the `--help` of any of Kafka's tools tells. What is not",
             "here or differs:", ""]
    lines += listed(f"`{name}`: {why}" for name, why in {**own["tools"], **own["options"]}.items())
    lines += listed(row["why"] for row in own["commands"])
    return "\n".join(lines) + "\n"


def main():
    text = page(sys.argv[1])
    if "--check" not in sys.argv:
        PAGE.write_text(text)
        return 0
    same = PAGE.exists() and PAGE.read_text() == text
    if not same:
        print("docs/COMPATIBILITY.md is not what the binary says; .ci/docs.py BINARY writes it")
    print(f"{int(same)} passed, {int(not same)} failed")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
