# SPDX-License-Identifier: Apache-2.0
"""The goals, as they were set before anything was measured, and whether the kept figures meet them.
A goal that was not measured is neither met nor missed. Nothing here is changed to fit a figure."""
from dataclasses import dataclass, field, replace

from sheet import FLOOR, OURS, THEIRS, number, ratio, ratio_words


@dataclass
class Verdict:
    met: bool | None = None
    figures: list[str] = field(default_factory=list)


@dataclass
class Goal:
    """Of `measure` in the cell of that name (all cells whose name has the words, if there is no
    such cell): the median ratio to `over`, or the median itself if there is no `over`, is at most
    or at least so much."""
    scenario: str
    words: str
    cell: str
    measure: str
    most: float | None = None
    least: float | None = None
    over: str | None = THEIRS
    of: str = OURS
    # Of fewer partitions, where that many could not be had: told, and the goal is missed.
    instead: str = ""

    def judge(self, sheets):
        made = sheets.get(self.scenario)
        if made and self.instead and self.cell not in made.cells and self.instead in made.cells:
            fewer = replace(self, cell=self.instead, instead="").judge(sheets)
            return Verdict(False, [f"{self.instead}: {words}" for words in fewer.figures])
        verdict = Verdict()
        for cell in self.cells(made) if made else ():
            ours = made.values(cell, self.measure, self.of)
            theirs = made.values(cell, self.measure, self.over) if self.over else None
            found = ratio(ours, theirs) if self.over else spread(ours)
            if found is None:
                continue
            holds = self.holds(found[0])
            verdict.met = holds if verdict.met is None else verdict.met and holds
            verdict.figures.append(self.say(made, cell, found))
        return verdict

    def cells(self, made):
        if self.cell in made.cells:
            return [self.cell]
        return [cell for cell in made.cells if self.cell in cell and self.measure in
                made.cells[cell]]

    def holds(self, value):
        return (self.most is None or value <= self.most) and \
            (self.least is None or value >= self.least)

    def say(self, made, cell, found):
        words = ratio_words(found)
        if self.over:
            ours, other = (number(made.median(cell, self.measure, side))
                           for side in (self.of, self.over))
            words += f": {ours} beside {other}"
        return words if self.cell in made.cells else f"{cell}: {words}"


def spread(values):
    if not values:
        return None
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[0], ordered[-1], len(ordered)


@dataclass
class Flat:
    """The largest median over the smallest, of the cells whose name ends so."""
    scenario: str
    words: str
    cell: str
    measure: str
    most: float
    # The cell that must be among them.
    needs: str = ""

    def judge(self, sheets):
        made = sheets.get(self.scenario)
        found = [(made.median(cell, self.measure, OURS), cell) for cell in made.cells
                 if self.cell in cell] if made else []
        found = [(value, cell) for value, cell in found if value is not None]
        if len(found) < 2:
            return Verdict()
        (low, low_cell), (high, high_cell) = min(found), max(found)
        said = f"{number(high / low)}: {number(low)} ({low_cell}) to {number(high)} ({high_cell})"
        complete = not self.needs or any(cell == self.needs for _, cell in found)
        if not complete:
            said += f"; without {self.needs}"
        return Verdict(complete and high / low <= self.most, [said])


PRODUCE, FETCH = "1 KB, acks=all, none, 6 partitions", "hot, 1 KB, none, 6 partitions"
PER_GB, PER_CORE = "broker CPU s per GB", "requests for a broker core second"
FLUSHED = "100 producers, single records of 100 B"
ANSWER = "until ApiVersions is answered, ms"
GOALS = [
    Goal("a", "broker CPU s/GB, 1 KB records, acks=all <= 0.15 of Kafka's", PRODUCE, PER_GB,
         most=0.15),
    Goal("a", "the same <= 1.5x the floor", PRODUCE, PER_GB, most=1.5, over=FLOOR),
    Goal("a", "peak throughput on one broker core, 100 B records >= 3x",
         "100 B, acks=all, none, 6 partitions", "MB/s", least=3),
    Goal("b", "broker CPU s/GB, plaintext <= 0.5 of Kafka's", FETCH, PER_GB, most=0.5),
    Goal("b", "the same <= 1.3x the floor", FETCH, PER_GB, most=1.3, over=FLOOR),
    Goal("c", "p99 end to end at 10,000 msg/s <= 0.3 (librdkafka)", "10,000 msg/s, librdkafka",
         "p99, us", most=0.3),
    Goal("c", "the same without a client's own time (raw)", "10,000 msg/s, raw", "p99, us",
         most=0.3),
    Goal("d", "requests per broker core, 100 connections >= 5x", "100 connections", PER_CORE,
         least=5),
    Goal("f", "start-up, empty <= 0.02", "empty", ANSWER, most=0.02),
    Goal("f", "start-up, 10,000 partitions clean <= 0.05", "10,000 partitions, clean stop",
         "until a record is taken, ms", most=0.05, instead="6,000 partitions, clean stop"),
    Goal("g", "resident memory, idle <= 0.04", "idle", "resident, MiB", most=0.04),
    Goal("f", "resident memory, 10,000 partitions <= 0.15", "10,000 partitions", "resident, MiB",
         most=0.15, instead="6,000 partitions"),
    Goal("g", "resident memory for an idle connection <= 0.25", "5,000 idle connections",
         "resident more, KiB a connection", most=0.25),
    Goal("g", "the same beside what is alive in Kafka's heap, whose room is resident before it is "
         "used", "5,000 idle connections",
         "resident (ours) beside live heap more, KiB a connection", most=0.25),
    Goal("h", "CPU when idle <= 0.1 % of a core", "nobody connected", "% of a core", most=0.1,
         over=None),
    Goal("h", "the same with a group of idle consumers", "a group of", "% of a core", most=0.1,
         over=None),
    Goal("i", "a group settles: ahead in every cell", "members", "until all have partitions, ms",
         most=1),
    Goal("j", "transactions a second: ahead in every cell", "each", "transactions a second",
         least=1),
    Goal("j", "p99 of commit: ahead in every cell", "each", "p99 of commit, us", most=1),
    Goal("k", "flush mode >= 5x Apache Kafka with the same setting", FLUSHED, "requests a second",
         least=5),
    Goal("k", "flush mode >= 0.5x of our own default, 100 producers", FLUSHED,
         "requests a second", least=0.5, over="default"),
    Flat("m", "cost per message flat within 1.3x, 1 to 10,000 partitions", " partition",
         "broker CPU us a message", most=1.3, needs="10,000 partitions"),
    Flat("m", "cost per message flat within 1.3x, 100 MB to 20 GB of log", " GB of log",
         "broker CPU us a message", most=1.3, needs="20 GB of log"),
    Flat("m", "cost per GB flat within 1.3x, 100 MB to 20 GB of log", " GB of log", PER_GB,
         most=1.3, needs="20 GB of log"),
]
