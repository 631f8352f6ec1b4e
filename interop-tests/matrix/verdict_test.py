# SPDX-License-Identifier: Apache-2.0
"""Tests of verdict.py and of the judge: what must be called wrong is, and
nothing else."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "common"))
import judge  # noqa: E402
import table  # noqa: E402
import verdict  # noqa: E402

ROW = {"clients": ["c"], "features": ["f"], "outcome": "cannot", "kind": "client",
       "why": "It has no such thing at all.", "absent": "Word"}


class Verdict(unittest.TestCase):
    def test_a_pass_needs_no_reason(self):
        self.assertIsNone(verdict.wrong(("pass", ""), None, "pass"))

    def test_anything_else_needs_one(self):
        for outcome in ("fail", "cannot", "maybe"):
            self.assertTrue(verdict.wrong((outcome, ""), None, outcome))

    def test_a_listed_cannot_is_right_while_the_library_lacks_the_word(self):
        self.assertIsNone(verdict.wrong(("cannot", ""), ROW, "cannot", lambda word: False))
        self.assertTrue(verdict.wrong(("cannot", ""), ROW, "cannot", lambda word: word == "Word"))

    def test_a_listed_cell_that_passes_or_fails_otherwise_is_wrong(self):
        for outcome in ("pass", "fail"):
            self.assertTrue(verdict.wrong((outcome, ""), ROW, outcome, lambda word: False))

    def test_a_cell_that_is_not_as_stored_is_wrong(self):
        for told in ("cannot", "fail", None):
            self.assertTrue(verdict.wrong(("pass", ""), None, told))

    def test_reasons_about_nothing_are_refused(self):
        verdict.check_reasons([ROW], {"c": ["f"]})
        for bad in ({"features": ["g"]}, {"why": ""}, {"kind": "x"}, {"outcome": "pass"},
                    {"clients": []}):
            with self.assertRaises(AssertionError):
                verdict.check_reasons([{**ROW, **bad}], {"c": ["f"]})
        with self.assertRaises(AssertionError):
            verdict.check_reasons([ROW, ROW], {"c": ["f"]})


class Table(unittest.TestCase):
    FEATURES = [("f", "F", "does it"), ("g", "G", "does that")]

    def test_a_cell_without_its_reason_has_no_table(self):
        report = {"c": {"title": "C", "version": "1", "cells": {"f": "cannot", "g": "pass"}}}
        text = "\n".join(table.rows(report, [ROW], self.FEATURES, []))
        self.assertIn("| F: does it | [1] |", text)
        self.assertIn("| G: does that | pass |", text)
        with self.assertRaises(AssertionError):
            table.rows(report, [], self.FEATURES, [])

    def test_an_empty_cell_has_no_table(self):
        report = {"c": {"title": "C", "version": "1", "cells": {"f": "pass"}}}
        with self.assertRaises(AssertionError):
            table.rows(report, [], self.FEATURES, [])


class Judging(unittest.TestCase):
    class Held(judge.Judge):
        """A broker that holds these records and batches."""

        def __init__(self, pairs, heads):
            super().__init__("127.0.0.1:1")
            self.held, self.held_heads = pairs, heads

        def pairs(self, topic, isolation="read_uncommitted"):
            return self.held

        def heads(self, topic):
            return self.held_heads

    class Client:
        name = "c"

    def judged(self, feature, pairs, heads):
        self.Held(pairs, heads).check(self.Client, feature)

    def test_a_codec_is_seen_in_the_batches(self):
        records = judge.plain(0, 100)
        self.judged("lz4", records, [("lz4", -1, -1, 100)])
        with self.assertRaises(AssertionError):
            self.judged("lz4", records, [("lz4", -1, -1, 50), ("none", -1, -1, 50)])
        for bad in (records[:99], records[1:] + records[:1], records + records[:1]):
            with self.assertRaises(AssertionError):
                self.judged("lz4", bad, [("lz4", -1, -1, 100)])

    def test_idempotence_is_a_producer_id_and_numbers_without_gaps(self):
        records = judge.plain(0, 100)
        self.judged("idempotence", records, [("none", 7, 0, 60), ("none", 7, 60, 40)])
        for bad in ([("none", -1, -1, 100)], [("none", 7, 0, 60), ("none", 7, 61, 40)]):
            with self.assertRaises(AssertionError):
                self.judged("idempotence", records, bad)

    def test_null_is_not_empty(self):
        right = [(None, "no key"), ("no value", None), ("", "")]
        self.judged("nulls", right, [])
        for at in range(3):
            bad = list(right)
            bad[at] = (bad[at][0] or "", bad[at][1] or "") if at < 2 else (None, None)
            with self.assertRaises(AssertionError):
                self.judged("nulls", bad, [])


if __name__ == "__main__":
    unittest.main()
