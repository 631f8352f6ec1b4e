#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge of the group suites is judged: it must find what is planted, and nothing else."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import groups  # noqa: E402


class Told:
    """A worker that only has a story; lines are `TIME EVENT WORDS...` of group g."""

    def __init__(self, name, *lines, stops=(), ended_at=100):
        self.name, self.stops, self.ended_at = name, list(stops), ended_at
        self.lines = lines

    def events(self):
        return [
            (int(at), "g", event, words)
            for at, event, *words in (line.split() for line in self.lines)
        ]


class Ownership(unittest.TestCase):
    def overlaps(self, *workers):
        return groups.overlaps(workers, "g")

    def test_handed_over_in_order(self):
        first = Told("a", "1 assigned m 1 0,1", "5 revoked m 1 1")
        self.assertEqual(self.overlaps(first, Told("b", "6 assigned n 2 1")), [])

    def test_given_before_it_was_revoked(self):
        first = Told("a", "1 assigned m 1 0,1", "7 revoked m 1 1")
        self.assertEqual(len(self.overlaps(first, Told("b", "6 assigned n 2 1"))), 1)

    def test_whether_it_was_used(self):
        told = ["1 assigned m 1 0,1", "3 record 1 17 v", "7 revoked m 1 0,1"]
        first, other = Told("a", *told), Told("b", "6 assigned n 2 0,1")
        used = [groups.was_used("g", at, span) for at, span, _ in self.overlaps(first, other)]
        self.assertEqual(used, [False, True])

    def test_never_revoked(self):
        second = Told("b", "6 assigned n 2 0")
        self.assertEqual(len(self.overlaps(Told("a", "1 assigned m 1 0"), second)), 1)

    def test_crashed_owners_hold_nothing(self):
        first = Told("a", "1 assigned m 1 0", ended_at=5)
        self.assertEqual(self.overlaps(first, Told("b", "6 assigned n 2 0")), [])

    def test_frozen_owners_may_be_given_up(self):
        frozen = Told("a", "1 assigned m 1 0", "20 lost m 1 0", stops=[(3, 18)])
        self.assertEqual(self.overlaps(frozen, Told("b", "6 assigned n 2 0")), [])
        self.assertEqual(len(self.overlaps(frozen, Told("b", "2 assigned n 2 0"))), 1)

    def test_frozen_while_it_was_told(self):
        for froze in (0, 1, 2):
            first = Told("a", "1 assigned m 4 0", "30 lost m 4 0", stops=[(froze, 28)])
            self.assertEqual(self.overlaps(first, Told("b", "20 assigned n 5 0")), [])
        first = Told("a", "10 assigned m 4 0", "30 lost m 4 0", stops=[(1, 9)])
        self.assertEqual(len(self.overlaps(first, Told("b", "20 assigned n 5 0"))), 1)

    def test_told_before_a_freeze(self):
        owner = Told("a", "9 assigned m 5 0")
        late = Told("b", "20 assigned n 4 0", "21 lost n 4 0", stops=[(3, 18)])
        self.assertEqual(self.overlaps(owner, late), [])
        newer = Told("b", "20 assigned n 6 0", "21 lost n 6 0", stops=[(3, 18)])
        self.assertEqual(len(self.overlaps(owner, newer)), 1)
        awake = Told("b", "20 assigned n 4 0", "21 lost n 4 0", stops=[(3, 7)])
        self.assertEqual(len(self.overlaps(owner, awake)), 1)

    def test_one_generation_gives_once(self):
        first, second = Told("a", "1 assigned m 4 3", "2 revoked m 4 3"), Told(
            "b", "9 assigned n 4 3"
        )
        self.assertEqual(len(groups.given_twice([first, second], "g")), 1)
        self.assertEqual(groups.given_twice([first, Told("b", "9 assigned n 5 3")], "g"), [])


class Offsets(unittest.TestCase):
    def test_moved_back(self):
        seen = [(1, {0: -1, 1: 4}), (2, {0: 3, 1: 4}), (3, {0: 3, 1: 5})]
        self.assertEqual(groups.moved_back(seen), [])
        self.assertEqual(groups.moved_back([*seen, (4, {0: 2, 1: 5})]), [(4, 0, 3, 2)])
        self.assertEqual(groups.moved_back([*seen, (4, {0: 3, 1: -1})]), [(4, 1, 5, -1)])

    def test_resent_after_an_outage(self):
        at, second = 20_000_000, 1_000_000
        seen = [(at, {0: 5}), (at + 3 * second, {0: 9}), (at + 4 * second, {0: 6})]
        back = groups.moved_back(seen)
        outage = [(at + second, at + 2 * second)]
        self.assertEqual(groups.not_resent(back, seen, outage), [])
        self.assertEqual(groups.not_resent(back, seen, []), back)
        long_ago = [(at - 15 * second, at - 14 * second)]
        self.assertEqual(groups.not_resent(back, seen, long_ago), back)
        # Older than what was there before the outage: lost.
        seen[-1] = (at + 4 * second, {0: 4})
        back = groups.moved_back(seen)
        self.assertEqual(groups.not_resent(back, seen, outage), back)

    def test_lost_commits(self):
        commits = [(5, 0, 10), (8, 0, 20)]
        self.assertEqual(
            groups.lost_commits(commits, [(5, {0: 9}), (7, {0: 10}), (9, {0: 25})]), []
        )
        self.assertEqual(groups.lost_commits(commits, [(6, {0: 9})]), [(6, 0, 10, 9)])
        self.assertEqual(groups.lost_commits(commits, [(9, {0: 10})]), [(9, 0, 20, 10)])


    def test_commits_after_a_freeze(self):
        story = ["1 assigned m 1 0,1", "2 commit 0 5", "12 assigned m 3 1", "13 commit 0 6"]
        frozen = Told("a", *story, "14 commit 1 6", stops=[(4, 10)])
        self.assertEqual(groups.stale_commits([frozen], "g"), {0})
        self.assertEqual(groups.stale_commits([Told("a", *story)], "g"), set())


class Records(unittest.TestCase):
    def test_delivered(self):
        first, second = Told("a", "1 record 0 7 x", "2 record 0 7 x"), Told("b", "1 record 1 7 y")
        self.assertEqual(groups.delivered([first, second], "g"), {(0, 7): "x", (1, 7): "y"})
        with self.assertRaises(AssertionError):
            groups.delivered([first, Told("b", "1 record 0 7 z")], "g")


if __name__ == "__main__":
    unittest.main()
