# SPDX-License-Identifier: Apache-2.0
"""The plots of docs/PERFORMANCE.md as SVG, from kept figures. The same figures give the same
bytes."""
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "barnabas"
matplotlib.rcParams["svg.fonttype"] = "none"
import matplotlib.pyplot as plt  # noqa: E402

from sheet import FLOOR, OURS, THEIRS  # noqa: E402

COLOURS = {OURS: "#1b6ca8", THEIRS: "#b5651d", FLOOR: "#999999", "default": "#7fb3d5"}
# scenario: (cells whose name has the words, measure, what it shows, logarithmic)
BARS = {"a": ("acks=all, none", "broker CPU s per GB", "Produce: CPU seconds of the broker per GB"),
        "b": ("none", "broker CPU s per GB", "Consume: CPU seconds of the broker per GB"),
        "c": ("", "p99, us", "End to end, 99th percentile, microseconds"),
        "d": ("", "requests for a broker core second",
              "Requests of one record for a second of a broker core"),
        "f": ("partitions", "until a record is taken, ms",
              "Start-up until a record is taken, milliseconds"),
        "k": ("", "requests a second", "Flush before acknowledge: requests a second"),
        "m": (" partition", "broker CPU us a message",
              "CPU microseconds of the broker for a message, by partitions")}
LOGARITHMIC = ("c", "d", "f", "k")


def draw(sheets, folder):
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for scenario, (words, measure, title) in BARS.items():
        sheet = sheets.get(scenario)
        cells = [cell for cell, measures in sheet.cells.items()
                 if words in cell and measure in measures] if sheet else []
        if cells:
            path = folder / f"{scenario}.svg"
            bars(sheet, cells, measure, (title, scenario in LOGARITHMIC), path)
            drawn.append(path)
    return drawn


def bars(sheet, cells, measure, look, path):
    """Bars of medians, a group for each cell, with the spread of all turns."""
    title, logarithmic = look
    sides = [side for side in (FLOOR, OURS, "default", THEIRS)
             if any(sheet.values(cell, measure, side) for cell in cells)]
    figure, axes = plt.subplots(figsize=(8, 0.9 + 0.28 * len(cells) * len(sides)))
    height = 0.8 / len(sides)
    for at, side in enumerate(sides):
        rows = [(place, sheet.values(cell, measure, side)) for place, cell in enumerate(cells)]
        rows = [(place, values) for place, values in rows if values]
        medians = [sorted(values)[len(values) // 2] for _, values in rows]
        low = [middle - min(values) for middle, (_, values) in zip(medians, rows)]
        high = [max(values) - middle for middle, (_, values) in zip(medians, rows)]
        places = [place + at * height for place, _ in rows]
        axes.barh(places, medians, height, xerr=[low, high], color=COLOURS[side], label=side,
                  error_kw={"elinewidth": 0.8})
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(cells))], cells, fontsize=8)
    axes.invert_yaxis()
    if logarithmic:
        axes.set_xscale("log")
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
