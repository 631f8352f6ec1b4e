# SPDX-License-Identifier: Apache-2.0
"""A transactional producer request by request, through Kafka's own message classes (ask.py): for
suites that must send exactly the request they mean, also once more and late, and that compare what
two brokers answer."""

import time

import wire
from batches import encoded
from groups import PARTITIONS, wait_for

PRODUCE, LIST_OFFSETS, OFFSET_FETCH, FIND_COORDINATOR = 0, 2, 9, 10
INIT, ADD_PARTITIONS, ADD_OFFSETS, END, TXN_OFFSET_COMMIT = 22, 24, 25, 26, 28
DESCRIBE_PRODUCERS, DESCRIBE = 61, 65
NOT_YET = {14, 15, 16, 51}  # loading, not available, not coordinator, concurrent transactions
COMMIT, ABORT = True, False
OLD = {"produce": 11, "end": 4, "init": 4, "offsets": 4}
NEW = {"produce": 12, "end": 5, "init": 5, "offsets": 5}


def every_error(body):
    """All error codes of an answer, in order of appearance."""
    found = []
    if isinstance(body, dict):
        for name, value in body.items():
            if name in ("errorCode", "partitionErrorCode"):
                found.append(value)
            elif name != "recordErrors":
                found += every_error(value)
    elif isinstance(body, list):
        for value in body:
            found += every_error(value)
    return found


class Side:
    """One broker and what it said: (step, answer)."""

    def __init__(self, asker, broker):
        self.asker, self.broker = asker, broker
        self.said = []

    def ask(self, api, version, body):
        """Again for as long as the coordinator is busy."""
        end = time.monotonic() + 10
        while True:
            answer = self.asker.ask(self.broker.bootstrap, api, version, dict(body))
            if "body" not in answer:
                return answer
            if not NOT_YET & set(every_error(answer["body"])) or time.monotonic() > end:
                return answer["body"]
            time.sleep(0.02)

    def once(self, api, version, body):
        return self.asker.ask(self.broker.bootstrap, api, version, dict(body)).get("body", "closed")

    def note(self, step, answer):
        self.said.append((step, answer))
        return answer

    def errors(self, step, api, version, body):
        """Asks and notes the error codes."""
        answer = self.ask(api, version, body)
        self.note(step, sorted(every_error(answer)))  # Kafka has no order among partitions
        return answer


class Producer:
    """A transactional producer as bytes: keeps every request, to send it again later."""

    def __init__(self, side, name, versions, timeout_ms=60000):
        self.side, self.name, self.versions, self.timeout_ms = side, name, versions, timeout_ms
        self.id, self.epoch, self.sequence = -1, -1, {}
        self.sent = []

    def init(self, step="init", **fields):
        body = {"transactionalId": self.name, "transactionTimeoutMs": self.timeout_ms,
                "producerId": -1, "producerEpoch": -1, **fields}
        answer = self.side.errors(f"{self.name}: {step}", INIT, self.versions["init"], body)
        if answer["errorCode"] == 0:
            self.note_id(step, answer)
        return answer["errorCode"]

    def note_id(self, step, answer):
        same = answer["producerId"] == self.id
        self.side.note(f"{self.name}: {step}: same id, epoch", [same, answer["producerEpoch"]])
        if not same or answer["producerEpoch"] != self.epoch:
            self.sequence = {}
        self.id, self.epoch = answer["producerId"], answer["producerEpoch"]

    def send(self, step, api, version, body):
        self.sent.append((step, api, version, body))
        return self.side.errors(f"{self.name}: {step}", api, version, body)

    def who(self):
        return {"transactionalId": self.name, "producerId": self.id, "producerEpoch": self.epoch}

    def old_who(self):
        return {f"v3AndBelow{name[0].upper()}{name[1:]}": value
                for name, value in self.who().items()}

    def add(self, topic, *partitions, step="add partitions"):
        topics = [{"name": topic, "partitions": list(partitions)}]
        return self.send(step, ADD_PARTITIONS, 3,
                         {**self.old_who(), "v3AndBelowTopics": topics})

    def produce(self, topic, partition, *values, step="produce", version=None):
        sequence = self.sequence.get((topic, partition), 0)
        records = encoded(list(values), self.id, self.epoch, sequence, True)
        body = {"transactionalId": self.name, "acks": -1, "timeoutMs": 30000, "topicData": [
            {"name": topic, "partitionData": [{"index": partition, "records": records}]}]}
        answer = self.send(step, PRODUCE, version or self.versions["produce"], body)
        if every_error(answer) == [0]:
            self.sequence[(topic, partition)] = sequence + len(values)
        return answer

    def offsets(self, group, topic, partition, offset, step="offsets", **fields):
        if self.versions is OLD:
            self.send(f"{step}: add", ADD_OFFSETS, 3, {**self.who(), "groupId": group})
        body = {**self.who(), "groupId": group, "generationId": -1, "memberId": "",
                "groupInstanceId": None, "topics": [{"name": topic, "partitions": [
                    {"partitionIndex": partition, "committedOffset": offset,
                     "committedLeaderEpoch": -1, "committedMetadata": ""}]}], **fields}
        return self.send(step, TXN_OFFSET_COMMIT, self.versions["offsets"], body)

    def end(self, commit, step=None):
        step = step or ("commit" if commit else "abort")
        answer = self.send(step, END, self.versions["end"], {**self.who(), "committed": commit})
        if answer["errorCode"] == 0 and self.versions["end"] >= 5:
            self.note_id(step, answer)
        return answer

    def describe(self, step="describe"):
        """Once what was decided is done."""
        end = time.monotonic() + 10
        while True:
            answer = self.side.ask(DESCRIBE, 0, {"transactionalIds": [self.name]})
            found = answer["transactionStates"][0]
            if not found["transactionState"].startswith("Prepare") or time.monotonic() > end:
                break
            time.sleep(0.02)
        topics = sorted((each["topic"], sorted(each["partitions"])) for each in found["topics"])
        started = found["transactionStartTimeMs"] >= 0
        self.side.note(f"{self.name}: {step}", [
            found["errorCode"], found["transactionState"], found["transactionTimeoutMs"], started,
            found["producerId"] == self.id, found["producerEpoch"], topics])


def find_coordinators(side):
    """Makes their topics; answers are errors until these are there."""
    for kind in (0, 1):
        answer = side.ask(FIND_COORDINATOR, 4, {"keyType": kind, "coordinatorKeys": ["any"]})
        assert every_error(answer) == [0], answer
    # Found is not loaded yet.
    end = time.monotonic() + 30
    probe = (INIT, 4, {"transactionalId": "probe", "transactionTimeoutMs": 1000})
    while NOT_YET & set(every_error(side.once(*probe))) and time.monotonic() < end:
        time.sleep(0.05)


def make_topic(side, topic):
    """And waits until its partitions are led."""
    with wire.Connection(side.broker.port) as connection:
        assert connection.create_topic(topic, PARTITIONS) == 0

        def led():
            try:
                return connection.end_offsets(topic, PARTITIONS)
            except AssertionError:
                return None

        wait_for(f"leaders of {topic}", led, 30)
