# SPDX-License-Identifier: Apache-2.0
"""The matrix as Markdown, from report.json and reasons.json: .ci/docs.py puts it into
docs/COMPATIBILITY.md. There is no table where a cell is empty or has no reason."""
import json
import pathlib
import textwrap

import judge
import verdict

HERE = pathlib.Path(__file__).resolve().parent
TABLES = [judge.FEATURES, judge.STREAMS, judge.CONNECT]
INTRODUCTION = """
## Clients

Made by `interop-tests/matrix/run` with the stock libraries at these versions: each client's program
does each of these things, and what it left in the broker is read by another client.
`./dev interop` runs all of it, `./dev test` a part; a cell that is not as it stands here fails.
A number in brackets is the reason why a cell does not pass, and whose doing it is.
.NET is not in it: its client is in NuGet, which the machines of these suites do not reach.
"""


def rows(report, reasons, features, numbers):
    """The lines of the table of the clients that have these features; `numbers` are the reasons
    met so far, in order."""
    names = [feature for feature, _, _ in features]
    clients = [name for name, row in report.items() if set(row["cells"]) & set(names)]
    titles = [f"{report[name]['title']} {report[name]['version']}" for name in clients]
    lines = ["| | " + " | ".join(titles) + " |", "|---|" + "---|" * len(clients)]
    for feature, heading, what in features:
        cells = []
        for client in clients:
            outcome = report[client]["cells"].get(feature)
            reason = verdict.reason_of(reasons, client, feature)
            assert outcome, f"no cell for {client} {feature}"
            assert (outcome == "pass") == (reason is None), f"no reason for {client} {feature}"
            words = reason and f"{reason['why']} ({verdict.KINDS[reason['kind']]})"
            if words and words not in numbers:
                numbers.append(words)
            cells.append("pass" if outcome == "pass" else f"[{numbers.index(words) + 1}]")
        lines.append(f"| {heading}: {what} | " + " | ".join(cells) + " |")
    return lines


def text():
    report = json.loads((HERE / "report.json").read_text())
    reasons = json.loads((HERE / "reasons.json").read_text())
    verdict.check_reasons(reasons, {name: row["cells"] for name, row in report.items()})
    numbers, lines = [], INTRODUCTION.splitlines()
    for features in TABLES:
        lines += ["", *rows(report, reasons, features, numbers)]
    lines += [""]
    for number, words in enumerate(numbers, 1):
        lines += textwrap.wrap(words, 96, initial_indent=f"{number}. ", subsequent_indent="   ")
    return "\n".join(lines) + "\n"
