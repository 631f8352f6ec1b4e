# SPDX-License-Identifier: Apache-2.0
"""The same questions to Apache Kafka and to a broker of ours, and what differs in the answers:
order of lists apart, and values that every run has its own of."""

import json
import re

VOLATILE = {
    "throttleTimeMs",
    "topicId",
    "clusterId",
    "host",
    "port",
    "highWatermark",
    "logEndOffset",
    "lastFetchTimestamp",
    "lastCaughtUpTimestamp",
    "replicaDirectoryId",
    "leaderEpoch",
    "commitTimestamp",
    "logDir",
    "totalBytes",
    "usableBytes",
    "nodes",
}
# Settings with another default on purpose (docs/COMPATIBILITY.md).
OWN_DEFAULTS = {"consumer.assignment.interval.ms", "group.consumer.assignment.interval.ms"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def has_own_default(value):
    """A described config whose default is not Kafka's."""
    return isinstance(value, dict) and "configSource" in value and value["name"] in OWN_DEFAULTS


def normal(answer, name=""):
    if isinstance(answer, dict):
        return {key: normal(value, key) for key, value in answer.items() if key not in VOLATILE}
    if isinstance(answer, list):
        kept = (value for value in answer if not has_own_default(value))
        return sorted(
            (normal(value) for value in kept), key=lambda value: json.dumps(value, sort_keys=True)
        )
    if isinstance(answer, str):
        return UUID.sub("<id>", answer)
    return answer


class Pair:
    """Asks both sides; `differences` are sentences."""

    def __init__(self, asker, kafka, ours):
        self.asker, self.kafka, self.ours = asker, kafka, ours
        self.asked = 0
        self.differences = []

    def note(self, what, theirs, mine):
        self.asked += 1
        theirs, mine = normal(theirs), normal(mine)
        if theirs != mine:
            self.differences.append(
                f"{what}: Kafka says {json.dumps(theirs)[:2500]}, we say {json.dumps(mine)[:2500]}"
            )

    def ask(self, api, version, body, note=""):
        """Gives Kafka's answer."""
        answers = [self.asker.ask(to, api, version, dict(body)) for to in (self.kafka, self.ours)]
        self.note(f"{note} api {api} v{version} {json.dumps(body)[:300]}", *answers)
        return answers[0]

    def close(self):
        assert (
            not self.differences
        ), f"{len(self.differences)} of {self.asked} answers differ:\n  " + "\n  ".join(
            self.differences[:40]
        )
        assert self.asked, "nothing was asked"
