#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of docs/PERFORMANCE.md and the plots beside it from the figures that
`./dev bench` has kept: what stands between `<!-- figures NAME -->` and `<!-- end -->` is made anew,
everything else in the page stays. Never measures. `report.py [FOLDER]`."""
import pathlib
import re
import sys

import goals
import plots
import sheet as sheets_of
from sheet import FLOOR, OURS, THEIRS, number, ratio_words

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "PERFORMANCE.md"
BLOCK = re.compile(r"(<!-- figures (\w+) -->\n).*?(<!-- end -->)", re.S)
WORDS = {True: "met", False: "**not met**", None: "not measured"}


def row(cells):
    return "| " + " | ".join(cells) + " |"


def goals_table(sheets):
    lines = [row(["", "goal", "ratio or figure, median (spread): ours beside the other's",
                  "verdict"]), row(["---"] * 4)]
    for goal in goals.GOALS:
        verdict = goal.judge(sheets)
        lines.append(row([f"({goal.scenario})", goal.words, "; ".join(verdict.figures),
                          WORDS[verdict.met]]))
    return lines


def measures_of(sheet):
    return list(dict.fromkeys(measure for measures in sheet.cells.values() for measure in measures))


def others_of(sheet):
    return list(dict.fromkeys(side for measures in sheet.cells.values()
                              for sides in measures.values() for side in sides
                              if side not in (OURS, THEIRS)))


def measure_table(sheet, measure):
    """One measure of all cells."""
    cells = [cell for cell, measures in sheet.cells.items() if measure in measures]
    others = [side for side in others_of(sheet)
              if any(sheet.values(cell, measure, side) for cell in cells)]
    lines = [f"*{measure}*", "", row(["", *others, OURS, THEIRS, "ratio (spread)", "pairs"]),
             row(["---"] * (len(others) + 5))]
    for cell in cells:
        found = sheet.ratio(cell, measure)
        counts = [len(sheet.values(cell, measure, side)) for side in (OURS, THEIRS)]
        medians = [number(sheet.median(cell, measure, side)) for side in (*others, OURS, THEIRS)]
        pairs = str(counts[0]) if counts[0] == counts[1] else f"{counts[0]} / {counts[1]}"
        lines.append(row([cell, *medians, ratio_words(found), pairs]))
    return lines


def machine_words(sheet):
    machine = sheet.machine
    settings = "; ".join(f"{name}: {value}" for name, value in sheet.settings.items())
    return (f"{sheet.when.replace('T', ' ')}, commit {machine['commit']}, load "
            f"{machine['load']} at the end. {settings}")


def scenario_block(sheet):
    lines = [machine_words(sheet), ""]
    lines += [f"{note}\n" for note in sheet.notes]
    for measure in measures_of(sheet):
        lines += [*measure_table(sheet, measure), ""]
    return lines[:-1]


def machine_block(sheets):
    machine = next(iter(sheets.values())).machine
    return [f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, Linux "
            f"{machine['kernel']}, a virtual machine; Apache Kafka 4.3.0 with a heap of 1 GiB and "
            "the flags of kafka-run-class.sh (G1)."]


def block(name, sheets):
    if name == "goals":
        return goals_table(sheets)
    if name == "machine":
        return machine_block(sheets)
    if name not in sheets:
        return ["Not measured."]
    return scenario_block(sheets[name])


def write(page, sheets):
    def anew(found):
        lines = "\n".join(block(found.group(2), sheets))
        return f"{found.group(1)}\n{lines}\n\n{found.group(3)}"
    return BLOCK.sub(anew, page)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else sheets_of.RESULTS
    sheets = {path.stem: sheets_of.load(path) for path in sorted(folder.glob("*.json"))}
    if not sheets:
        sys.exit(f"no figures in {folder}: run ./dev bench first")
    PAGE.write_text(write(PAGE.read_text(), sheets))
    drawn = plots.draw(sheets, ROOT / "docs" / "plots")
    missed = [goal.words for goal in goals.GOALS if goal.judge(sheets).met is False]
    print(f"{PAGE} and {len(drawn)} plots; goals not met: {missed or 'none'}")


__all__ = ["FLOOR"]

if __name__ == "__main__":
    main()
