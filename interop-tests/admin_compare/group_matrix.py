# SPDX-License-Identifier: Apache-2.0
"""G04: every request of a member, right and wrong, in every state of a classic group, put to both
brokers. Each request meets a group of its own."""

import time

STATES = ("missing", "simple", "empty", "joining", "stable", "rebalancing", "static")
JOIN, HEARTBEAT, LEAVE, SYNC, COMMIT, FETCH = 11, 12, 13, 14, 8, 9
DESCRIBE, LIST, DELETE, DELETE_OFFSETS = 15, 16, 42, 47
# Version 0 of the consumer protocol, topic "t".
SUBSCRIPTION = "AAAAAAABAAF0AAAAAA=="
MEMBER = "MEMBER"


def join(version, group, member="", instance=None, kind="consumer", protocol="range", session=6000):
    body = {
        "groupId": group,
        "sessionTimeoutMs": session,
        "memberId": member,
        "protocolType": kind,
        "protocols": [{"name": protocol, "metadata": SUBSCRIPTION}],
    }
    if version >= 1:
        body["rebalanceTimeoutMs"] = 1000
    if version >= 5:
        body["groupInstanceId"] = instance
    if version >= 8:
        body["reason"] = None
    return body


def sync(version, group, member, generation, kind="consumer", protocol="range", instance=None):
    body = {
        "groupId": group,
        "generationId": generation,
        "memberId": member,
        "assignments": [{"memberId": member, "assignment": "BwgJ"}],
    }
    if version >= 3:
        body["groupInstanceId"] = instance
    if version >= 5:
        body["protocolType"], body["protocolName"] = kind, protocol
    return body


def heartbeat(version, group, member, generation, instance=None):
    body = {"groupId": group, "generationId": generation, "memberId": member}
    if version >= 3:
        body["groupInstanceId"] = instance
    return body


def leave(version, group, *members):
    if version < 3:
        return {"groupId": group, "memberId": members[0][0]}
    told = [{"memberId": member, "groupInstanceId": instance} for member, instance in members]
    if version >= 5:
        told = [{**one, "reason": None} for one in told]
    return {"groupId": group, "members": told}


def commit(version, group, member="", generation=-1, instance=None, partition=0):
    body = {
        "groupId": group,
        "generationIdOrMemberEpoch": generation,
        "memberId": member,
        "topics": [
            {
                "name": "t",
                "partitions": [
                    {"partitionIndex": partition, "committedOffset": 5, "committedMetadata": "m"}
                ],
            }
        ],
    }
    if version >= 7:
        body["groupInstanceId"] = instance
    if 2 <= version <= 4:
        body["retentionTimeMs"] = -1
    if version >= 6:
        body["topics"][0]["partitions"][0]["committedLeaderEpoch"] = -1
    return body


def fetch(version, group, every=False):
    topics = None if every else [{"name": "t", "partitionIndexes": [0, 1]}]
    if version < 8:
        body = {"groupId": group, "topics": topics}
    else:
        one = {"groupId": group, "topics": topics}
        if version >= 9:
            one["memberId"], one["memberEpoch"] = None, -1
        body = {"groups": [one]}
    if version >= 7:
        body["requireStable"] = False
    return body


def requests(group):
    """(api, version, body) with MEMBER for the member's id."""
    for version in range(0, 5):
        for member, generation in ((MEMBER, 1), (MEMBER, 0), (MEMBER, 2), ("x", 1), ("", 1)):
            yield HEARTBEAT, version, heartbeat(version, group, member, generation)
    yield HEARTBEAT, 4, heartbeat(4, group, MEMBER, 1, "i")
    yield HEARTBEAT, 4, heartbeat(4, group, "x", 1, "i")
    for version in range(2, 10):
        for member, generation in (
            (MEMBER, 1),
            (MEMBER, 0),
            ("x", 1),
            ("", -1),
            ("x", -1),
            (MEMBER, -1),
        ):
            yield COMMIT, version, commit(version, group, member, generation)
    yield COMMIT, 9, commit(9, group, MEMBER, 1, "i")
    yield COMMIT, 9, commit(9, group, "x", 1, "i")
    yield COMMIT, 9, commit(9, group, "", -1, None, 9)
    for version in range(1, 10):
        yield FETCH, version, fetch(version, group)
        if version >= 2:
            yield FETCH, version, fetch(version, group, True)
    for version in range(0, 6):
        for member, generation in ((MEMBER, 1), (MEMBER, 0), ("x", 1), ("", 1)):
            yield SYNC, version, sync(version, group, member, generation)
    yield SYNC, 5, sync(5, group, MEMBER, 1, kind="connect")
    yield SYNC, 5, sync(5, group, MEMBER, 1, protocol="other")
    yield SYNC, 5, sync(5, group, MEMBER, 1, kind=None)
    yield SYNC, 5, sync(5, group, MEMBER, 1, instance="i")
    for version in range(0, 6):
        yield LEAVE, version, leave(version, group, (MEMBER, None))
        yield LEAVE, version, leave(version, group, ("x", None))
        if version >= 3:
            yield LEAVE, version, leave(
                version, group, ("", "i"), ("", None), ("x", "i"), (MEMBER, "j")
            )
            yield LEAVE, version, leave(version, group)
    for version in range(0, 10):
        yield JOIN, version, join(version, group, "x")
        yield JOIN, version, join(version, group, MEMBER)
        yield JOIN, version, join(version, group, MEMBER, kind="connect")
        yield JOIN, version, join(version, group, MEMBER, protocol="other")
        yield JOIN, version, join(version, group, "", kind="connect")
        yield JOIN, version, join(version, group, "", session=1)
        yield JOIN, version, join(version, group, "", kind="")
    for version in range(4, 10):
        yield JOIN, version, join(version, group)
    for version in (5, 9):
        yield JOIN, version, join(version, group, "x", "i")
        yield JOIN, version, join(version, group, MEMBER, "i")
        yield JOIN, version, join(version, group, "", "i")
    for version in range(0, 7):
        body = {"groups": [group]}
        if version >= 3:
            body["includeAuthorizedOperations"] = True
        yield DESCRIBE, version, body
    for version in range(0, 3):
        yield DELETE, version, {"groupsNames": [group]}
    yield DELETE_OFFSETS, 0, {
        "groupId": group,
        "topics": [
            {"name": "t", "partitions": [{"partitionIndex": 0}, {"partitionIndex": 9}]},
            {"name": "u", "partitions": [{"partitionIndex": 0}]},
        ],
    }


class Stage:
    """A group on one broker, brought into a state."""

    def __init__(self, asker, to, group, state):
        self.asker, self.to, self.group = asker, to, group
        self.member = "nobody"
        self.side_connections = []
        getattr(self, state)()

    def ask(self, api, version, body):
        return self.asker.ask(self.to, api, version, body)["body"]

    def missing(self):
        pass

    def simple(self):
        self.ask(COMMIT, 8, commit(8, self.group))

    def joining(self, instance=None):
        version = 5 if instance else 3
        self.member = self.ask(JOIN, version, join(version, self.group, "", instance))["memberId"]

    def stable(self, instance=None):
        self.joining(instance)
        answer = self.ask(SYNC, 3, sync(3, self.group, self.member, 1, instance=instance))
        assert answer["errorCode"] == 0, answer

    def static(self):
        self.stable("i")

    def empty(self):
        self.stable()
        self.ask(LEAVE, 1, leave(1, self.group, (self.member, None)))

    def rebalancing(self):
        self.stable()
        other = f"other member of {self.group}"
        self.asker.send(self.to, JOIN, 3, join(3, self.group), other)
        self.side_connections.append(other)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            answer = self.ask(HEARTBEAT, 3, heartbeat(3, self.group, self.member, 1))
            if answer["errorCode"] == 27:
                return
        raise RuntimeError(f"no rebalance of {self.group} on {self.to} began: {answer}")


def put(value, old, new):
    if isinstance(value, dict):
        return {key: put(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [put(one, old, new) for one in value]
    return new if value == old else value


def answers_of(pair, state, number, attempt):
    """Api, version, body, and what both sides answer to it."""
    group = f"{state}-{number}-{attempt}"
    api, version, body = next(
        question for at, question in enumerate(requests(group)) if at == number
    )
    # Who leads when the leader does not come back is Kafka's luck.
    newcomer = api == JOIN and not body["memberId"] and body.get("groupInstanceId")
    if state == "rebalancing" and newcomer:
        return None
    answers = []
    for to in (pair.kafka, pair.ours):
        stage = Stage(pair.asker, to, group, state)
        answer = stage.ask(api, version, put(body, MEMBER, stage.member))
        answers.append(put(answer, stage.member, MEMBER))
    return api, version, body, answers


def compare(pair, state):
    for number in range(sum(1 for _ in requests(""))):
        for attempt in range(3):
            try:
                compared = answers_of(pair, state, number, attempt)
                break
            except RuntimeError:  # sessions end while the machine is busy with other things
                if attempt == 2:
                    raise
        if compared:
            api, version, body, answers = compared
            pair.note(f"{state}: api {api} v{version} {body}", *answers)
    pair.close()
