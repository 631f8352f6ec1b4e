# SPDX-License-Identifier: Apache-2.0
"""Exactly once under attack, for the suites of every client library that has transactions.

An idempotent producer writes to INPUT. A *crew* (groups.py) of three workers copies it: each takes
records as a member of a group, writes them to the same partition of the lane's output and commits
its offsets in the same transaction; once in a while it aborts one on purpose. Meanwhile workers
crash (kill -9; the successor has the same transactional id or another one) and freeze (SIGSTOP),
and the broker is killed and started again. At the end a reader of committed records must find in
every output partition what is in the input partition: each record once, in its order. Open
transactions are asked for all the time: none may outlive its timeout by more than GRACE_S.

A worker's journal has lines `MICROSECONDS GROUP commit COUNT`, `... abort WHY`, `... fenced WHY`
and `... problem TEXT`; its transactional id is `GROUP-NAME`.

TXN_RECORDS (2000), TXN_RATE (300 a second) and TXN_SEED set size and moments, TXN_VERSIONS=2,1
which versions of transactions are finalized (2; for each a broker of its own). TXN_REFERENCE=1
runs it on Apache Kafka, which takes half a minute and more until it is itself again after a kill,
so TXN_KILLS=0 lets the broker live. TXN_KEEP=FOLDER keeps the journals of a failed run."""

import os
import random
import subprocess
import threading
import time

import wire
from ask import Asker
from broker import Broker, Checks
from groups import OVERRIDES, PARTITIONS, SESSION_MS, Committed, Crew, Lane, Load, Trouble
from groups import wait_for
from reference import KafkaBroker

INPUT = "input"
HUNG = 5  # what a worker ends with whose library does not come back from a call
TIMEOUT_MS = 6000
GRACE_S = 15
OPEN_STATES = ["Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence"]
COMMITTED, UNCOMMITTED = "read_committed", "read_uncommitted"
UPDATE_FEATURES, LIST_TRANSACTIONS, DESCRIBE_TRANSACTIONS = 57, 66, 65


def make_broker(binary, overrides=()):
    settings = [*OVERRIDES, *overrides]
    if os.environ.get("TXN_REFERENCE"):
        # So that it leads its partitions again soon after a kill.
        settings += ["broker.session.timeout.ms=2000", "broker.heartbeat.interval.ms=300"]
        return KafkaBroker(heap="512M", overrides=settings)
    return Broker(binary, settings)


def set_transaction_version(asker, broker, level):
    """Finalizes transaction.version: 1 is the protocol before KIP-890 part 2, 2 the newest."""
    update = {"feature": "transaction.version", "maxVersionLevel": level, "upgradeType": 2}
    answer = asker.ask(broker.bootstrap, UPDATE_FEATURES, 1, {"featureUpdates": [update]})
    found = answer["body"]["errorCode"]
    assert found == 0, f"UpdateFeatures answered {answer['body']}"


class OpenTransactions(threading.Thread):
    """Asks all the time which transactions are open, and for how long."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker, self.over = broker, threading.Event()
        self.seen = 0
        self.oldest_s = 0.0
        self.late = []
        self.open = None  # of the last answer

    def run(self):
        with Asker() as asker:
            while not self.over.wait(0.25):
                try:
                    self.look(asker)
                except (RuntimeError, KeyError):  # the broker is away
                    self.open = None

    def look(self, asker):
        to = self.broker.bootstrap
        listed = asker.ask(to, LIST_TRANSACTIONS, 0, {"stateFilters": OPEN_STATES})["body"]
        if listed["errorCode"] != 0:
            self.open = None
            return
        ids = [each["transactionalId"] for each in listed["transactionStates"]]
        described = asker.ask(to, DESCRIBE_TRANSACTIONS, 0, {"transactionalIds": ids})["body"]
        now_ms, count = time.time() * 1000, 0
        for each in described["transactionStates"]:
            if each["errorCode"] != 0 or each["transactionState"] not in OPEN_STATES:
                continue
            count += 1
            self.judge(each, (now_ms - each["transactionStartTimeMs"]) / 1000)
        self.seen += count
        self.open = count

    def judge(self, described, age_s):
        if described["transactionStartTimeMs"] < 0:
            return
        self.oldest_s = max(self.oldest_s, age_s)
        if age_s > described["transactionTimeoutMs"] / 1000 + GRACE_S:
            name, state = described["transactionalId"], described["transactionState"]
            self.late.append(f"{name} was {state} for {age_s:.1f} s")

    def finish(self):
        self.over.set()
        self.join(30)


def read(broker, topic, isolation):
    """{partition: [first word of the value]} in the order of the log, by librdkafka."""
    words = ["kcat", "-C", "-b", broker.bootstrap, "-t", topic, "-e", "-q", "-f", "%p %s\n"]
    words += ["-o", "beginning", "-X", f"isolation.level={isolation}"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    found = {partition: [] for partition in range(PARTITIONS)}
    for line in done.stdout.splitlines():
        partition, value = line.split(" ", 2)[:2]
        found[int(partition)].append(value)
    return found


def faults(taken, given):
    """What is wrong with one output partition; nothing where it equals the input."""
    if taken == given:
        return []
    count = {}
    for value in given:
        count[value] = count.get(value, 0) + 1
    wanted = set(taken)
    missing = [value for value in taken if value not in count]
    twice = [value for value, times in count.items() if times > 1]
    strange = [value for value in count if value not in wanted]
    found = []
    for what, values in (("missing", missing), ("twice", twice), ("not in the input", strange)):
        if values:
            found.append(f"{len(values)} {what}, first {values[0]}")
    if not found:
        at = next(at for at, pair in enumerate(zip(taken, given)) if pair[0] != pair[1])
        found.append(f"another order from record {at} on: {given[at]} instead of {taken[at]}")
    return found


class CopyTrouble(Trouble):
    """Crashes with both kinds of successors."""

    def kill_broker(self):
        if os.environ.get("TXN_KILLS") == "0":
            return
        self.broker.kill()
        self.breathe(0, 0.3)
        self.down_s.append(self.broker.start())

    def crash_and_come_back(self):
        """The successor has the same transactional id and ends what was left open."""
        worker = self.crew.take(self.rng)
        worker.crash()
        self.breathe(0, 0.5)
        worker.start()
        self.crew.live.append(worker)

    def steps(self):
        return [self.kill_broker, self.crash_and_come_back, self.crash, self.freeze,
                self.kill_broker, self.freeze_shortly]


class Copy:
    """One run of one client's crew."""

    def __init__(self, binary, command, lanes, broker, rng):
        self.binary, self.lanes, self.broker, self.rng = binary, lanes, broker, rng
        environment = {"TXN_TIMEOUT_MS": str(TIMEOUT_MS)}
        self.crew = Crew(command, broker, lanes, topic=INPUT, environment=environment)
        self.committed = Committed(broker.port, [lane.group for lane in lanes], topic=INPUT)
        self.watch = OpenTransactions(broker)
        self.trouble = CopyTrouble(self.crew, broker, rng)
        self.records = int(os.environ.get("TXN_RECORDS", "2000"))
        self.rate = int(os.environ.get("TXN_RATE", "300"))
        self.whole = False
        self.loads, self.hung = [], 0

    def start_load(self):
        name = f"load{len(self.loads) + 1}"
        self.loads.append(Load(self.broker, self.binary, INPUT, self.rate, name))

    def written(self):
        """How many records are acknowledged. A kill may cost Apache Kafka what an idempotent
        producer needs to go on: there another one follows."""
        if os.environ.get("TXN_REFERENCE") and self.loads[-1].process.poll() is not None:
            self.start_load()
        files = [load.journal for load in self.loads if load.journal.exists()]
        return sum(file.read_bytes().count(b"\n") for file in files)

    def survive(self):
        with wire.Connection(self.broker.port) as connection:
            for topic in [INPUT, *(lane.options["output"] for lane in self.lanes)]:
                assert connection.create_topic(topic, PARTITIONS) == 0
        self.committed.start()
        self.watch.start()
        self.start_load()
        self.crew.join(3)
        self.trouble.breathe(2, 3)
        self.attack()
        self.loads[-1].finish()
        with wire.Connection(self.broker.port) as connection:
            ends = connection.end_offsets(INPUT, PARTITIONS)
        self.settle(ends)
        last = list(self.crew.live)
        self.crew.finish(ends=(0, HUNG))
        self.hung += sum(worker.process.returncode == HUNG for worker in last)
        self.committed.finish()
        self.whole = True

    def attack(self):
        """Each kind of trouble at least once, and until all is written."""
        steps = []
        first = True
        while first or steps or self.written() < self.records:
            if not steps:
                steps = self.trouble.steps()
                self.rng.shuffle(steps)
                first = False
            steps.pop()()
            self.revive()
            self.trouble.breathe(0.2, 1.5)

    def revive(self):
        """librdkafka may never come back from a call in whose middle the broker was away, Apache
        Kafka too: such a worker ends by itself and is started again."""
        for worker in self.crew.live:
            if worker.process.poll() == HUNG:
                self.hung += 1
                worker.start()

    def settle(self, ends):
        """Until everything that is in the input is committed in every lane."""
        def done():
            self.revive()
            return all(self.committed.newest(lane.group) == ends for lane in self.lanes)

        wait_for(lambda: f"{[self.committed.newest(lane.group) for lane in self.lanes]} of {ends}",
                 done, 180)

    def none_stays_open(self):
        """What crashed workers have left behind ends by itself."""
        wait_for(lambda: f"{self.watch.open} transactions open", lambda: self.watch.open == 0,
                 TIMEOUT_MS / 1000 + GRACE_S)
        self.watch.finish()
        assert not self.watch.late, f"{len(self.watch.late)} times late: {self.watch.late[0]}"
        assert self.watch.seen > 10, f"an open transaction was seen only {self.watch.seen} times"

    def exactly_once(self, lane):
        taken, given = (read(self.broker, topic, COMMITTED)
                        for topic in (INPUT, lane.options["output"]))
        count = sum(len(values) for values in taken.values())
        assert count >= self.records, f"only {count} records in the input"
        found = [f"partition {partition}: {fault}" for partition in range(PARTITIONS)
                 for fault in faults(taken[partition], given[partition])]
        assert not found, "; ".join(found)

    def enough_happened(self, lane):
        events = [(worker, event, words) for worker in self.crew.workers
                  for _, group, event, words in worker.events() if group == lane.group]
        committers = {worker.name for worker, event, _ in events if event == "commit"}
        commits = sum(event == "commit" for _, event, _ in events)
        aborts = sum(event == "abort" for _, event, _ in events)
        fenced = sum(event == "fenced" for _, event, _ in events)
        every = read(self.broker, lane.options["output"], UNCOMMITTED)
        given = read(self.broker, lane.options["output"], COMMITTED)
        thrown_away = sum(len(every[part]) - len(given[part]) for part in range(PARTITIONS))
        print(f"FIGURE {lane.group}: {sum(len(part) for part in given.values())} records in "
              f"{commits} transactions of {len(committers)} workers, {aborts} aborted by their "
              f"worker, {fenced} times fenced, {thrown_away} records thrown away")
        assert len(committers) > 1, f"only {committers} committed anything"
        assert aborts and thrown_away, "nothing was ever aborted"

    def run(self, checks, name):
        checks.run(f"{name}: workers and broker crash and freeze", self.survive)
        self.crew.abort()
        if not self.whole:
            for worker in self.crew.workers[-3:]:
                print(f"{worker.name}:\n{worker.tail()}")
                print("\n".join(worker.journal.read_text().splitlines()[-10:]))
            print(self.broker.tail() if hasattr(self.broker, "tail") else "")
            return
        checks.run(f"{name}: no transaction open after its timeout + {GRACE_S} s",
                   self.none_stays_open)
        for lane in self.lanes:
            checks.run(f"{lane.group}: output equals input, each once, in order",
                       self.exactly_once, lane)
            checks.run(f"{lane.group}: validity: enough happened", self.enough_happened, lane)
        print(f"FIGURE {name}: {len(self.crew.workers)} workers, {len(self.trouble.down_s)} kills "
              f"of the broker, {self.hung} workers hung in their library, oldest open transaction "
              f"{self.watch.oldest_s:.1f} s")


def lanes_of(client, version, protocols=("classic", "consumer")):
    found = []
    for protocol in protocols:
        name = f"{client}-{protocol}-v{version}"
        options = {"protocol": "consumer"} if protocol == "consumer" else {}
        found.append(Lane(name, output=f"out-{name}", **options))
    return found


def copied(binary, command, client, protocols=("classic", "consumer")):
    """The whole suite of a client: prints its checks and ends the program."""
    versions = [int(word) for word in os.environ.get("TXN_VERSIONS", "2").split(",")]
    seed = int(os.environ.get("TXN_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}, sessions of {SESSION_MS} ms, transactions of {TIMEOUT_MS} ms", flush=True)
    checks = Checks()
    for version in versions:
        with make_broker(binary) as broker:
            with Asker() as asker:
                set_transaction_version(asker, broker, version)
            lanes = lanes_of(client, version, protocols)
            run = Copy(binary, command, lanes, broker, random.Random(seed))
            run.run(checks, f"{client}, transaction.version {version}")
            run.watch.over.set()
            if checks.failed and os.environ.get("TXN_KEEP"):
                subprocess.run(["cp", "-r", str(broker.directory), os.environ["TXN_KEEP"]])
    checks.close()
