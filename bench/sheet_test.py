#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of sheet.py and goals.py: the statistics, and that a goal cannot be met by accident."""
import pathlib
import tempfile
import unittest

import goals
import sheet
from sheet import FLOOR, OURS, THEIRS, Sheet


def filled(ours, theirs, floor=(), cell="cell", measure="measure", scenario="z"):
    made = Sheet(scenario, "title")
    for side, values in ((OURS, ours), (THEIRS, theirs), (FLOOR, floor)):
        for value in values:
            made.note(cell, measure, side, value)
    return made


class Ratios(unittest.TestCase):
    def test_the_median_of_ratios_is_not_the_ratio_of_medians(self):
        # Medians 2 and 10 would give 0.2; the pairs are 0.1, 0.2 and 4.
        self.assertEqual(sheet.ratio([1, 2, 40], [10, 10, 10]), (0.2, 0.1, 4.0, 3))
        self.assertEqual(sheet.ratio([1, 9, 2], [10, 10, 100])[0], 0.1)

    def test_an_even_number_of_pairs(self):
        self.assertEqual(sheet.ratio([1, 3], [1, 1]), (2.0, 1.0, 3.0, 2))

    def test_sides_with_other_numbers_of_turns_are_compared_by_medians(self):
        self.assertEqual(sheet.ratio([2, 4, 6], [8]), (0.5, 0.5, 0.5, 1))

    def test_nothing_is_no_ratio(self):
        self.assertIsNone(sheet.ratio([], [1]))
        self.assertIsNone(sheet.ratio([1], []))
        self.assertIsNone(sheet.ratio([1, 1], [0, 0]))

    def test_what_is_kept_comes_back(self):
        made = filled([1.25, 2], [3, 4], [0.5])
        with tempfile.TemporaryDirectory() as folder:
            back = sheet.load(made.save(pathlib.Path(folder)))
        self.assertEqual(back.cells, made.cells)
        self.assertEqual(back.ratio("cell", "measure"), made.ratio("cell", "measure"))
        self.assertEqual(back.median("cell", "measure", FLOOR), 0.5)

    def test_numbers(self):
        for value, words in ((0.01234, "0.012"), (0.5, "0.50"), (12.34, "12.3"), (0, "0"),
                             (1234567, "1,234,567"), (None, "")):
            self.assertEqual(sheet.number(value), words)


class Verdicts(unittest.TestCase):
    def test_a_ratio_at_most(self):
        goal = goals.Goal("z", "words", "cell", "measure", most=0.15)
        self.assertTrue(goal.judge({"z": filled([1, 1, 1], [10, 10, 10])}).met)
        self.assertFalse(goal.judge({"z": filled([2, 2, 1], [10, 10, 10])}).met)

    def test_a_ratio_at_least(self):
        goal = goals.Goal("z", "words", "cell", "measure", least=3)
        self.assertTrue(goal.judge({"z": filled([30], [10])}).met)
        self.assertFalse(goal.judge({"z": filled([29], [10])}).met)

    def test_the_floor_counts_only_where_a_goal_names_it(self):
        goal = goals.Goal("z", "words", "cell", "measure", most=1.5, over=FLOOR)
        self.assertTrue(goal.judge({"z": filled([3, 3], [1, 1], [2, 2])}).met)
        self.assertFalse(goal.judge({"z": filled([4, 4], [9, 9], [2, 2])}).met)

    def test_an_absolute_figure(self):
        goal = goals.Goal("z", "words", "cell", "measure", most=0.1, over=None)
        self.assertTrue(goal.judge({"z": filled([0.09], [5])}).met)
        self.assertFalse(goal.judge({"z": filled([0.11], [5])}).met)

    def test_every_cell_must_hold(self):
        made = filled([1], [2], cell="one")
        for side, value in ((OURS, 3), (THEIRS, 2)):
            made.note("two", "measure", side, value)
        goal = goals.Goal("z", "words", "", "measure", most=1)
        self.assertFalse(goal.judge({"z": made}).met)

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        goal = goals.Goal("z", "words", "cell", "measure", most=1)
        self.assertIsNone(goal.judge({}).met)
        self.assertIsNone(goal.judge({"z": filled([], [])}).met)
        self.assertIsNone(goal.judge({"z": filled([1], [])}).met)

    def test_fewer_than_a_goal_asks_for_is_told_and_missed(self):
        goal = goals.Goal("z", "words", "ten", "measure", most=1, instead="six")
        verdict = goal.judge({"z": filled([1], [2], cell="six")})
        self.assertFalse(verdict.met)
        self.assertEqual(verdict.figures, ["six: 0.50: 1.00 beside 2.00"])
        self.assertTrue(goal.judge({"z": filled([1], [2], cell="ten")}).met)

    def test_growth_is_the_largest_over_the_smallest(self):
        made = Sheet("z", "title")
        for cell, value in (("1 p", 10), ("2 p", 12), ("3 p", 14)):
            made.note(cell, "measure", OURS, value)
        goal = goals.Flat("z", "words", " p", "measure", most=1.3)
        self.assertFalse(goal.judge({"z": made}).met)
        flat = goals.Flat("z", "words", " p", "measure", most=1.4, needs="3 p")
        self.assertTrue(flat.judge({"z": made}).met)
        del made.cells["3 p"]
        self.assertFalse(flat.judge({"z": made}).met)

    def test_all_goals_name_a_scenario_of_the_runner(self):
        runner = (pathlib.Path(__file__).parent / "run.py").read_text()
        for goal in goals.GOALS:
            self.assertIn(f'"{goal.scenario}": ', runner)


if __name__ == "__main__":
    unittest.main()
