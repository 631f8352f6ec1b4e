#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge of copies can fail: each kind of fault is found, and nothing where there is none."""

import unittest

from batches import batch, crc32c, varint
from transactions import GRACE_S, OpenTransactions, faults


class Faults(unittest.TestCase):
    def test_a_copy_has_none(self):
        self.assertEqual(faults(["a", "b"], ["a", "b"]), [])
        self.assertEqual(faults([], []), [])

    def test_each_kind_is_named(self):
        for given, word in ((["a", "c"], "1 missing, first b"), (["a", "b", "b", "c"], "1 twice"),
                            (["a", "b", "c", "x"], "not in the input"),
                            (["a", "c", "b"], "another order from record 1 on"), ([], "3 missing")):
            self.assertIn(word, "; ".join(faults(["a", "b", "c"], given)))


class Age(unittest.TestCase):
    def look(self, age_s, timeout_ms=2000):
        watch = OpenTransactions(None)
        watch.judge({"transactionStartTimeMs": 1, "transactionTimeoutMs": timeout_ms,
                     "transactionalId": "t", "transactionState": "Ongoing"}, age_s)
        return watch.late

    def test_only_what_outlives_its_timeout_is_late(self):
        self.assertEqual(self.look(2 + GRACE_S - 0.1), [])
        self.assertEqual(len(self.look(2 + GRACE_S + 0.1)), 1)


class Batches(unittest.TestCase):
    def test_known_values(self):
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)
        self.assertEqual([varint(number) for number in (0, -1, 1, 64, -65)],
                         [b"\x00", b"\x01", b"\x02", b"\x80\x01", b"\x81\x01"])

    def test_length_and_checksum_fit(self):
        made = batch(["one", "two"], 7, 1, 5, True)
        self.assertEqual(int.from_bytes(made[8:12], "big"), len(made) - 12)
        self.assertEqual(int.from_bytes(made[17:21], "big"), crc32c(made[21:]))


if __name__ == "__main__":
    unittest.main()
