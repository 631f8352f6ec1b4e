# SPDX-License-Identifier: Apache-2.0
"""What a scenario measured: rows (cells) of measures, each with one value a turn for every side,
and the statistics that are made of them: medians, and the median and spread of the ratios of pairs.
Kept as JSON under build/bench/; never rounds what it keeps."""
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench"
OURS, THEIRS, FLOOR = "barnabas", "Apache Kafka", "floor"


class Sheet:
    def __init__(self, scenario, title, settings=None):
        self.scenario, self.title, self.settings = scenario, title, settings or {}
        self.cells = {}
        self.notes = []

    def note(self, cell, measure, side, value):
        values = self.cells.setdefault(cell, {}).setdefault(measure, {})
        values.setdefault(side, []).append(value)

    def values(self, cell, measure, side):
        return self.cells.get(cell, {}).get(measure, {}).get(side, [])

    def median(self, cell, measure, side):
        values = self.values(cell, measure, side)
        return statistics.median(values) if values else None

    def ratio(self, cell, measure, over=THEIRS, of=OURS):
        return ratio(self.values(cell, measure, of), self.values(cell, measure, over))

    def save(self, folder=None):
        folder = folder or RESULTS
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.scenario}.json"
        said = {"scenario": self.scenario, "title": self.title, "settings": self.settings,
                "when": datetime.datetime.now().isoformat(timespec="minutes"),
                "machine": machine(), "notes": self.notes, "cells": self.cells}
        path.write_text(json.dumps(said, indent=1) + "\n")
        return path


def load(path):
    said = json.loads(pathlib.Path(path).read_text())
    sheet = Sheet(said["scenario"], said["title"], said["settings"])
    sheet.cells, sheet.notes = said["cells"], said["notes"]
    sheet.when, sheet.machine = said["when"], said["machine"]
    return sheet


def ratio(ours, theirs):
    """(median, smallest, largest, how many) of the ratios of pairs. Sides that have different
    numbers of values, or a value of 0 below the line, are compared by their medians: one ratio."""
    if not ours or not theirs:
        return None
    if len(ours) != len(theirs) or 0 in theirs:
        below = statistics.median(theirs)
        if below == 0:
            return None
        only = statistics.median(ours) / below
        return only, only, only, 1
    ratios = sorted(a / b for a, b in zip(ours, theirs))
    return statistics.median(ratios), ratios[0], ratios[-1], len(ratios)


def machine():
    model = next((line.split(":", 1)[1].strip()
                  for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory),
            "kernel": platform.release(), "load": round(os.getloadavg()[0], 1), "commit": commit}


def number(value):
    """Three digits that count."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.{3 if size < 0.1 else 2 if size < 10 else 1}f}"


def ratio_words(found):
    """`0.12 (0.11 to 0.14)`"""
    if found is None:
        return ""
    middle, low, high, count = found
    return number(middle) if count == 1 else f"{number(middle)} ({number(low)} to {number(high)})"


def table(sheet):
    """The rows of a sheet as text: cell, measure, medians, ratio."""
    rows = []
    for cell, measures in sheet.cells.items():
        for measure, sides in measures.items():
            others = [f"{side} {number(statistics.median(values))}"
                      for side, values in sides.items() if side not in (OURS, THEIRS)]
            rows.append(f"{cell:<44} {measure:<26} "
                        f"{number(sheet.median(cell, measure, OURS)):>10} "
                        f"{number(sheet.median(cell, measure, THEIRS)):>10}  "
                        f"{ratio_words(sheet.ratio(cell, measure)):<26} {', '.join(others)}")
    head = f"{'':<44} {'':<26} {OURS:>10} {'Kafka':>10}  {'ratio (spread)':<26}"
    return "\n".join([f"== ({sheet.scenario}) {sheet.title}", head, *rows])
