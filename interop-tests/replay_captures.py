#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays requests that were captured against Apache Kafka and compares the answers.

    replay_captures.py HOST:PORT CAPTURES.jsonl[.gz] [--barnabas BINARY] [--verbose]

The broker must be fresh (no topics), with node.id=1 and log.message.timestamp.after.max.ms large
enough for the captures' timestamps. Only APIs and versions that the broker advertises are asked;
requests that must end the connection always are. Ids, timestamps and offsets may differ, error
codes and shapes may not. Answers are decoded by `barnabas wire decode`. Ends with
`N passed, N failed`."""
import argparse
import base64
import gzip
import json
import socket
import struct
import subprocess
import sys
import time

# Compared by their kind only (negative or not; empty or not): each run has its own.
VOLATILE = {
    "baseOffset", "clusterId", "committedOffset", "endOffset", "finalizedFeaturesEpoch",
    "highWatermark", "host", "lastCaughtUpTimestamp", "lastFetchTimestamp", "lastStableOffset",
    "leader", "logAppendTimeMs", "logDir", "logEndOffset", "logStartOffset", "lowWatermark",
    "memberId", "offset", "partitionSize", "port", "producerId", "records", "replicaDirectoryId",
    "sessionId", "throttleTimeMs", "timestamp", "topicId", "totalBytes", "transactionStartTimeMs",
    "usableBytes",
}
# Whether there is a message is part of the shape, its words are not.
WORDS = {"errorMessage", "batchIndexErrorMessage"}
# What tells the elements of a list apart; order between them is free.
IDENTITIES = ("name", "topic", "topicName", "topicId", "key", "groupId", "partitionIndex", "index",
              "resourceName", "nodeId", "brokerId", "apiKey", "memberId")
# Where this broker answers otherwise on purpose: at once, where Kafka says "not yet" first.
AT_ONCE = {
    ("Metadata", "auto create, first answer"),
    ("FindCoordinator", "group (first call may make __consumer_offsets)"),
    ("FindCoordinator", "txn"),
    ("EndTxn", "repeat"),
}
# Exchanges whose answer depends on something not served yet.
NEEDS = {
    "15 kB at 1 kB/s": "quotas", "next request on same connection": "quotas", "fetch 0": "quotas",
    "fetch 1": "quotas", "fetch 2": "quotas",
}
# Note of a capture -> note of the Produce that is sent with acks=0 just before it.
UNANSWERED_BEFORE = {
    "after acks=0: next response is Metadata": "one record",
    "after failing acks=0": "unknown topic",
}
PROGRESS = {"DescribeTransactions", "DescribeProducers"}
MAKES_IDS = {"CreateTopics", "Metadata", "Fetch", "JoinGroup", "ConsumerGroupHeartbeat"}
# Set by who runs this, for clocks that are behind the captures' timestamps.
SET_BY_RUN = "message.timestamp.after.max.ms"
# Coordinator load in progress, not available, not here: a moment later it is.
NOT_YET = {14, 15, 16, 51}
RETRIES = 100


class Closed(Exception):
    """The broker ended the connection."""


class Connection:
    def __init__(self, host, port):
        self.address = (host, port)
        self.socket = None

    def exchange(self, frame):
        self.send(struct.pack(">i", len(frame)) + frame)
        return self.receive()

    def send(self, data):
        if self.socket is None:
            self.socket = socket.create_connection(self.address, 5)
            self.socket.settimeout(15)
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # what the broker said before it closed is still to be read

    def receive(self):
        return self.take(struct.unpack(">i", self.take(4))[0])

    def take(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except ConnectionError:
                part = b""
            if not part:
                self.close()
                raise Closed()
            data += part
        return data

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def kind(value, name=""):
    """What is left of a volatile value."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value != 0 if name == "sessionId" else value < 0
    if isinstance(value, str):
        return "" if value.strip("A") == "" and len(value) in (0, 22) else "some"
    return value


def identity(element):
    for name in IDENTITIES:
        if isinstance(element, dict) and element.get(name) is not None:
            return (name, str(element[name]))
    return ("", "")


def differences(expected, got, path=""):
    """Sentences that say where `got` is of another shape or tells another error."""
    name = path.rsplit(".", 1)[-1].split("[")[0]
    if name in WORDS:
        expected, got = bool(expected), bool(got)
    elif name in VOLATILE:
        expected, got = kind(expected, name), kind(got, name)
    if isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            return [f"{path}: fields {list(expected)} became {list(got)}"]
        return [d for key in expected
                for d in differences(expected[key], got[key], f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return [f"{path}: {len(expected)} elements became {len(got)}"]
        pairs = zip(sorted(expected, key=identity), sorted(got, key=identity))
        return [d for i, (e, g) in enumerate(pairs) for d in differences(e, g, f"{path}[{i}]")]
    same = expected == got and isinstance(expected, bool) == isinstance(got, bool)
    return [] if same else [f"{path}: {json.dumps(expected)} became {json.dumps(got)}"]


def first_error(answer):
    """The first error code in an answer that is not 0, else 0."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            found = value if name == "errorCode" else first_error(value)
            if found:
                return found
    if isinstance(answer, list):
        return next(filter(None, map(first_error, answer)), 0)
    return 0


def without_set_by_run(answer):
    for topic in answer["topics"]:
        if topic.get("configs"):
            topic["configs"] = [c for c in topic["configs"] if c["name"] != SET_BY_RUN]
    return answer


def without_progress(answer):
    """Whether the markers of a decided transaction are written yet is a matter of milliseconds."""
    for state in answer.get("transactionStates", []):
        if state["transactionState"].startswith(("Prepare", "Complete")):
            state["transactionState"] = state["transactionState"].replace("Prepare", "Complete")
            state["topics"] = []
    for topic in answer.get("topics", []):
        for partition in topic["partitions"]:
            partition["activeProducers"] = len(partition["activeProducers"])
    return answer


def generated_ids(answer):
    """Values of an answer that later requests may carry: (field, value), in order."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name in ("topicId", "memberId", "sessionId"):
                yield name, value
            else:
                yield from generated_ids(value)
    elif isinstance(answer, list):
        named = all(identity(value)[0] == "name" for value in answer)
        for value in sorted(answer, key=identity) if named else answer:
            yield from generated_ids(value)


def as_bytes(name, value):
    if name == "topicId":
        return base64.urlsafe_b64decode(value + "==")
    if name == "sessionId":
        return struct.pack(">i", value)
    return value.encode()


class Replay:
    def __init__(self, connection, binary, verbose):
        self.connection = connection
        self.binary = binary
        self.verbose = verbose
        self.passed = self.failed = 0
        self.error = 0  # of the last answer
        self.skipped = {}
        self.renamed = {}  # bytes of a captured id -> bytes of this run's
        self.retold = {}   # the same in JSON
        self.ranges = self.read_ranges()

    def read_ranges(self):
        answer = self.connection.exchange(struct.pack(">hhih", 18, 0, 1, -1))
        count = struct.unpack(">i", answer[6:10])[0]
        entries = (struct.unpack(">hhh", answer[10 + i * 6:16 + i * 6]) for i in range(count))
        return {key: (low, high) for key, low, high in entries}

    def decode(self, api, version, answer):
        words = [self.binary, "wire", "decode", "--response", "--frame", str(api), str(version)]
        done = subprocess.run(words, input=answer.hex(), capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip())
        return json.loads(done.stdout)["body"]

    def skip(self, reason):
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def check(self, capture, problems):
        if not problems:
            self.passed += 1
            if self.verbose:
                print("passed", capture["api"], capture.get("version", ""), capture["note"])
            return
        self.failed += 1
        print(f"FAILED {capture['api']} v{capture.get('version', '')} ({capture['note']})")
        for problem in problems[:6]:
            print("   ", problem)

    def reason_to_skip(self, capture):
        if capture["outcome"] == "closed":
            return None
        low, high = self.ranges.get(capture["key"], (0, -1))
        undecodable = "_undecoded" in (capture["response"] or {})
        if not undecodable and not low <= capture["version"] <= high:
            return "API not served"
        if capture["note"] in NEEDS:
            return NEEDS[capture["note"]]
        if capture["api"] == "InitProducerId" and first_error(capture["response"]) in NOT_YET:
            # Kafka gave no id here; this broker would, and all ids after it would be others than
            # those that are signed by the checksums of captured batches.
            return "shifts producer ids"
        return None

    def run(self, capture):
        reason = self.reason_to_skip(capture)
        if reason:
            return self.skip(reason)
        frame = bytes.fromhex(capture["requestHex"])
        for old, new in self.renamed.items():
            frame = frame.replace(old, new)
        for _ in range(RETRIES):
            problems = self.ask(capture, frame)
            if not problems or not self.not_yet(capture):
                break
            time.sleep(0.1)
        self.check(capture, problems)

    def not_yet(self, capture):
        """The broker asked to come again, which it had not done to the captured request."""
        return self.error in NOT_YET and self.error != first_error(capture["response"])

    def ask(self, capture, frame):
        """What is wrong with the answer."""
        self.error = 0
        closes = capture["outcome"] == "closed"
        try:
            if capture["key"] is None:
                self.connection.send(frame)
                answer = self.connection.receive()
            else:
                answer = self.connection.exchange(frame)
        except Closed:
            return [] if closes else ["connection was closed"]
        except TimeoutError:
            self.connection.close()
            return [] if capture["outcome"] == "timeout" else ["no answer"]
        if closes:
            self.connection.close()
            return ["answered, although Kafka closes the connection"]
        return self.compare(capture, answer)

    def compare(self, capture, answer):
        if "_undecoded" in (capture["response"] or {}):
            same = answer.hex() == capture["responseHex"]
            return [] if same else [f"{capture['responseHex']} became {answer.hex()}"]
        try:
            got = self.decode(capture["key"], capture["version"], answer)
        except ValueError as error:
            return [f"undecodable: {error}"]
        self.error = first_error(got)
        if capture["outcome"] == "timeout":
            # Kafka forgets to answer; an error is better.
            return [] if first_error(got) else ["no error"]
        expected = json.dumps(capture["response"])
        for old, new in self.retold.items():
            expected = expected.replace(old, new)
        expected = json.loads(expected)
        if capture["api"] in PROGRESS:
            expected, got = without_progress(expected), without_progress(got)
        if capture["api"] in MAKES_IDS:
            self.learn(expected, got)
        if capture["api"] == "CreateTopics":
            expected, got = without_set_by_run(expected), without_set_by_run(got)
        if capture["key"] == 18 and expected["errorCode"] == 0:
            stray = [entry for entry in got["apiKeys"] if entry not in expected["apiKeys"]]
            expected["apiKeys"] = got["apiKeys"] = []
            if stray:
                return [f"advertised otherwise than by Kafka: {stray}"]
        at_once = (capture["api"], capture["note"]) in AT_ONCE and first_error(expected)
        if at_once and not first_error(got):
            return []
        return differences(expected, got)

    def learn(self, expected, got):
        """Maps ids that Kafka made up to those that this broker made up."""
        pairs = zip(generated_ids(expected), generated_ids(got))
        for (old_name, old), (new_name, new) in pairs:
            known = json.dumps(old) in self.retold.values()
            if old_name != new_name or not old or not new or old == new or known:
                continue
            before, after = as_bytes(old_name, old), as_bytes(new_name, new)
            if len(before) == len(after):
                self.renamed.setdefault(before, after)
                self.retold.setdefault(json.dumps(old), json.dumps(new))

    def send_unanswered(self, note, captures):
        """The Produce with acks=0 that went before a captured request, itself not captured."""
        capture = next(c for c in captures
                       if (c["api"], c.get("version"), c["note"]) == ("Produce", 9, note))
        frame = bytearray.fromhex(capture["requestHex"])
        acks = frame.index(struct.pack(">h", capture["request"]["acks"]), 16)
        frame[acks:acks + 2] = b"\0\0"
        self.connection.send(struct.pack(">i", len(frame)) + frame)


def read_captures(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") \
        else open(path, encoding="utf-8")
    with opened as lines:
        captures = [json.loads(line) for line in lines if line.strip()]
    for capture in captures:
        capture.setdefault("key", None)
        if capture["api"] == "raw":
            capture["key"] = None
    return captures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("address")
    parser.add_argument("captures")
    parser.add_argument("--barnabas", default="build/release/barnabas")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    host, port = options.address.rsplit(":", 1)
    captures = read_captures(options.captures)
    replay = Replay(Connection(host, int(port)), options.barnabas, options.verbose)
    for capture in captures:
        if capture["note"] in UNANSWERED_BEFORE:
            replay.send_unanswered(UNANSWERED_BEFORE[capture["note"]], captures)
        replay.run(capture)
    for reason, count in sorted(replay.skipped.items()):
        print(f"skipped {count}: {reason}")
    print(f"{replay.passed} passed, {replay.failed} failed")
    sys.exit(1 if replay.failed else 0)


if __name__ == "__main__":
    main()
