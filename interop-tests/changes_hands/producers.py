# SPDX-License-Identifier: Apache-2.0
"""Transactional producers that outlive the owner of their data: what they have begun on one broker
they repeat, continue and end on the next."""
from raw_transactions import (ABORT, COMMIT, DESCRIBE_PRODUCERS, NEW, Producer, Side, every_error,
                              find_coordinators)

LONG_MS = 900_000
DONE, OPEN = "small", "synced"  # topics: of ended transactions, of one that stays open


class Producers:
    def __init__(self, asker):
        self.asker = asker

    def begin(self, broker):
        """A committed transaction with an offset, an aborted one, and one that stays open."""
        side = Side(self.asker, broker)
        find_coordinators(side)
        self.done, self.open = (Producer(side, name, NEW, LONG_MS) for name in ("done", "open"))
        for producer in (self.done, self.open):
            assert producer.init() == 0
        self.expect_none(self.done.produce(DONE, 0, "committed 1", "committed 2"))
        self.expect_none(self.done.offsets("in-transaction", DONE, 0, 7))
        self.expect_none(self.done.end(COMMIT))
        self.expect_none(self.done.produce(DONE, 0, "aborted"))
        self.expect_none(self.done.end(ABORT))
        self.values = ["open 1", "open 2"]
        self.expect_none(self.open.produce(OPEN, 0, *self.values))

    @staticmethod
    def expect_none(answer):
        errors = every_error(answer)
        assert errors and not any(errors), answer

    @staticmethod
    def state(side):
        """What the leaders know of producers, without times."""
        topics = [{"name": name, "partitionIndexes": [0]} for name in (DONE, OPEN)]
        answer = side.ask(DESCRIBE_PRODUCERS, 0, {"topics": topics})
        if "topics" not in answer:  # the connection was to the process before
            answer = side.ask(DESCRIBE_PRODUCERS, 0, {"topics": topics})
        found = {}
        for topic in answer["topics"]:
            for each in topic["partitions"][0]["activeProducers"]:
                known = {key: value for key, value in each.items() if key != "lastTimestamp"}
                found[topic["name"], each["producerId"]] = known
        return found

    def known_to(self, broker):
        return self.state(Side(self.asker, broker))

    def go_on(self, broker, label, visible):
        """`visible(topic)` gives the values that a reader of committed data sees."""
        self.done.side.broker = self.open.side.broker = broker
        find_coordinators(self.open.side)
        assert not [value for value in visible(OPEN) if value.startswith("open ")], "not committed"
        _, api, version, body = self.open.sent[-1]
        self.expect_none(self.open.side.ask(api, version, body))  # a retry of the last batch
        self.values.append(f"open {label}")
        self.expect_none(self.open.produce(OPEN, 0, self.values[-1]))
        self.expect_none(self.open.end(COMMIT))
        seen = [value for value in visible(OPEN) if value.startswith("open ")]
        assert seen == self.values, f"{seen}, sent {self.values}"
        assert "aborted" not in visible(DONE)
        before = self.done.id, self.done.epoch
        assert self.done.init() == 0
        assert self.done.id == before[0] and self.done.epoch > before[1], (before, self.done.epoch)
        self.expect_none(self.done.produce(DONE, 0, f"committed {label}"))
        self.expect_none(self.done.end(COMMIT))
        assert f"committed {label}" in visible(DONE)
