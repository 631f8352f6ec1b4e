# SPDX-License-Identifier: Apache-2.0
"""Consumer groups under load and under attack, for the suites of every client library.

A *crew* is a few processes of one client (workers). Each worker is a member of several groups at
once (lanes: one per protocol and assignor) and writes down what happens to it, line by line:

    MICROSECONDS GROUP assigned|revoked|lost MEMBER GENERATION P,P,...   (what came or went)
    MICROSECONDS GROUP record PARTITION OFFSET VALUE
    MICROSECONDS GROUP commit PARTITION OFFSET                           (it was acknowledged)
    MICROSECONDS GROUP problem TEXT

`assigned` is written when the library tells of it, `revoked` and `lost` when the worker has ended
its work on the partitions and before the library lets them go. Meanwhile an idempotent producer
writes, workers come, go, crash (kill -9) and freeze (SIGSTOP), the broker is killed and started
again, and the committed offsets are asked for all the time. `judge` then says what was broken.

A worker is started as `COMMAND BOOTSTRAP TOPIC JOURNAL NAME LANE...`, a lane being
`group=NAME,key=value...`; it leaves its groups when its stdin is closed. GROUP_CYCLES sets how
often everything happens, GROUP_RATE how many records a second are written; GROUP_SEED repeats a
run, GROUP_REFERENCE=1 runs it on Apache Kafka."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import wire  # noqa: E402
from broker import Broker, Checks  # noqa: E402
from reference import KafkaBroker  # noqa: E402

TOPIC, PARTITIONS = "load", 6
SESSION_MS, HEARTBEAT_MS = 3000, 300
OVERRIDES = [
    "num.partitions=6",
    "group.min.session.timeout.ms=1000",
    f"group.consumer.session.timeout.ms={SESSION_MS}",
    "group.consumer.min.session.timeout.ms=1000",
    f"group.consumer.heartbeat.interval.ms={HEARTBEAT_MS}",
    "group.consumer.min.heartbeat.interval.ms=100",
]


def micros():
    return time.time_ns() // 1000


def make_broker(binary, overrides=()):
    settings = [*OVERRIDES, *overrides]
    if os.environ.get("GROUP_REFERENCE"):
        return KafkaBroker(heap="512M", overrides=settings)
    return Broker(binary, settings)


class Lane:
    """One group: what its members are configured with. `keeps_after_freeze` says that this library
    goes on with its partitions, and commits, after it was given up; `resends_commits` that it
    sends a commit again that was under way when the broker went away, though a newer one has been
    made meanwhile. Such commits are not counted against the broker, which cannot know.
    `answers_early`: a member that has just joined tells the coordinator that it owns nothing,
    after it has been given partitions and before its application has heard of them; where another
    one joins in that moment, its partitions are his, as they are with Apache Kafka."""

    def __init__(self, group, keeps_after_freeze=False, resends_commits=False,
                 answers_early=False, **options):
        self.group, self.options = group, options
        self.keeps_after_freeze = keeps_after_freeze
        self.resends_commits = resends_commits
        self.answers_early = answers_early

    def word(self):
        return ",".join(
            f"{key}={value}" for key, value in {"group": self.group, **self.options}.items()
        )


class Worker:
    """One process of a client library, a member of every lane."""

    def __init__(self, crew, name):
        self.name, self.journal = name, crew.broker.directory / f"{name}.journal"
        self.log_path = crew.broker.directory / f"{name}.log"
        lanes = [lane.word() for lane in crew.lanes]
        self.words = [*crew.command, crew.broker.bootstrap, crew.topic, str(self.journal), name]
        self.words += lanes
        self.environment = {
            **os.environ,
            "SESSION_MS": str(SESSION_MS),
            "HEARTBEAT_MS": str(HEARTBEAT_MS),
            **crew.environment,
        }
        self.journal.touch()
        self.stops = []
        self.start()

    def start(self):
        """Also again, under the same name, after it has ended."""
        self.ended_at = self.parsed = None
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
            )

    def leave(self, deadline_s=40, ends=(0,)):
        """Lets it leave its groups; raises where it ends with another code than `ends`."""
        self.process.stdin.close()
        try:
            code = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.crash()
            raise RuntimeError(f"{self.name} did not leave within {deadline_s} s") from None
        self.ended_at = micros()
        if code not in ends:
            raise RuntimeError(f"{self.name} ended with {code}:\n{self.tail()}")

    def crash(self):
        self.process.kill()
        self.process.wait()
        self.ended_at = micros()

    def pause(self):
        self.stops.append([micros(), None])
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.stops[-1][1] = micros()
        self.process.send_signal(signal.SIGCONT)

    def tail(self):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-25:])

    def events(self):
        """[(microseconds, group, event, [words])] in the order of the journal."""
        if self.parsed is not None:
            return self.parsed
        found = []
        for line in self.journal.read_text(errors="replace").splitlines(keepends=True):
            words = line.split()
            if not line.endswith("\n") or len(words) < 3:
                continue  # cut off by a crash
            found.append((int(words[0]), words[1], words[2], words[3:]))
        self.parsed = found if self.ended_at else None
        return found


class Crew:
    """The workers of one run, those that are gone included."""

    def __init__(self, command, broker, lanes, topic=TOPIC, prefix="w", environment=None):
        self.command, self.broker, self.lanes, self.topic = command, broker, lanes, topic
        self.prefix, self.environment = prefix, environment or {}
        self.workers, self.live = [], []

    def join(self, count=1):
        for _ in range(count):
            worker = Worker(self, f"{self.prefix}{len(self.workers) + 1}")
            self.workers.append(worker)
            self.live.append(worker)

    def take(self, rng):
        worker = rng.choice(self.live)
        self.live.remove(worker)
        return worker

    def finish(self, ends=(0,)):
        for worker in self.live:
            worker.process.stdin.close()
        for worker in self.live:
            worker.process.stdin = open(os.devnull, "wb")
            worker.leave(ends=ends)
        self.live = []

    def abort(self):
        for worker in self.live:
            worker.crash()
        self.live = []


class Load:
    """An idempotent producer (librdkafka) that writes down what was acknowledged."""

    def __init__(self, broker, binary, topic=TOPIC, rate=1000, prefix="load"):
        self.journal = broker.directory / f"{prefix}.acks"
        program = pathlib.Path(binary).resolve().parent / "interop-tests" / "librdkafka_load"
        self.process = subprocess.Popen(
            [str(program), broker.bootstrap, topic, prefix, str(self.journal), str(rate)],
            stdin=subprocess.PIPE,
        )

    def finish(self):
        """{(partition, offset): value} of what was acknowledged."""
        self.process.stdin.close()
        code = self.process.wait(120)
        assert code == 0, f"the producer ended with {code}"
        return read_acks(self.journal)


def read_acks(journal):
    acks = {}
    for line in journal.read_text().splitlines():
        partition, offset, value = line.split(" ", 2)
        acks[(int(partition), int(offset))] = value.split(" ", 1)[0]
    return acks


class Committed(threading.Thread):
    """Asks for the committed offsets of the groups all the time and keeps every answer."""

    def __init__(self, port, groups, topic=TOPIC):
        super().__init__(daemon=True)
        self.port, self.groups, self.topic = port, groups, topic
        self.seen = {group: [] for group in groups}  # (asked at, {partition: offset})
        self.refusals = {}
        self.over = threading.Event()

    def run(self):
        connection = None
        while not self.over.wait(0.02):
            try:
                connection = connection or wire.Connection(self.port, "committed")
                for group in self.groups:
                    self.ask(connection, group)
            except OSError:
                connection = None

    def ask(self, connection, group):
        asked_at = micros()
        error, offsets = connection.committed(group, self.topic, PARTITIONS)
        if error:
            self.refusals[error] = self.refusals.get(error, 0) + 1
            return
        seen = self.seen[group]
        if not seen or seen[-1][1] != offsets or asked_at - seen[-1][0] > 200_000:
            seen.append((asked_at, offsets))

    def newest(self, group):
        return self.seen[group][-1][1] if self.seen[group] else {}

    def finish(self):
        self.over.set()
        self.join(30)
        strange = set(self.refusals) - {wire.LOADING, wire.NOT_AVAILABLE, wire.NOT_COORDINATOR}
        assert not strange, f"OffsetFetch answered errors {sorted(strange)}"


def wait_for(what, condition, deadline_s=60):
    """Gives the seconds it took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > deadline_s:
            raise RuntimeError(f"not within {deadline_s} s: {what() if callable(what) else what}")
        time.sleep(0.05)
    return time.monotonic() - begin


class Span:
    """A stretch of time in which a worker believed that a partition is its own."""

    def __init__(self, worker, begin, generation, member):
        self.worker, self.begin, self.generation, self.member = worker, begin, generation, member
        self.end = None

    def __repr__(self):
        who = f"{self.worker.name} ({self.member}, generation {self.generation})"
        return f"{who} {self.begin}..{self.end}"


def held_now(workers, group):
    """{worker: partitions} of workers that own something."""
    held = {}
    for worker in workers:
        own = set()
        for _, event_group, event, words in worker.events():
            if event_group == group and event == "assigned":
                own |= set(partitions_in(words[2:]))
            elif event_group == group and event in ("revoked", "lost"):
                own -= set(partitions_in(words[2:]))
        if own:
            held[worker] = own
    return held


def last_generation(workers, group):
    """The highest one that a member has heard of, -1 before."""
    told = [
        int(words[1])
        for worker in workers
        for _, event_group, event, words in worker.events()
        if event_group == group and event == "assigned"
    ]
    return max(told, default=-1)


def spans_of(workers, group):
    """{partition: [Span]}"""
    spans = {partition: [] for partition in range(PARTITIONS)}
    for worker in workers:
        held = {}
        for at, event_group, event, words in worker.events():
            if event_group != group or event not in ("assigned", "revoked", "lost"):
                continue
            for partition in partitions_in(words[2:]):
                if event == "assigned":
                    held.setdefault(partition, Span(worker, at, int(words[1]), words[0]))
                elif partition in held:
                    held[partition].end = at
                    spans[partition].append(held.pop(partition))
        for partition, span in held.items():
            span.end = worker.ended_at or micros()
            spans[partition].append(span)
    return spans


def partitions_in(words):
    return [int(part) for part in words[0].split(",") if part] if words else []


def told_before_a_freeze(span, other):
    """Whether `span` is what its process had been told before it was frozen, and says only now;
    meanwhile the partition has gone to `other` in a later generation."""
    return span.generation < other.generation and any(
        froze <= other.begin and thawed is not None and other.begin <= thawed <= span.begin
        for froze, thawed in span.worker.stops)


def overlaps(workers, group):
    """Pairs of spans in which two members that could know better held one partition. A process
    that was frozen since it got the partition may have been given up: its claim is not counted
    from the freeze on."""
    found = []
    for partition, spans in spans_of(workers, group).items():
        for first in spans:
            # Perhaps while it was about to say that it has got the partition.
            frozen = [max(froze, first.begin) for froze, thawed in first.worker.stops
                      if froze <= first.end and (thawed is None or thawed >= first.begin)]
            end = min([first.end, *frozen])
            found += [
                (partition, first, other)
                for other in spans
                if other.worker is not first.worker and first.begin <= other.begin < end
                and not told_before_a_freeze(other, first)
            ]
    return found


def was_used(group, partition, span):
    """Whether the owner took or committed a record of the partition."""
    return any(event_group == group and event in ("record", "commit")
               and int(words[0]) == partition and span.begin <= at <= span.end
               for at, event_group, event, words in span.worker.events())


def given_twice(workers, group):
    """Partitions that two members were given in one generation."""
    given, twice = {}, []
    for partition, spans in spans_of(workers, group).items():
        for span in spans:
            other = given.setdefault((partition, span.generation), span)
            if span.generation >= 0 and other.worker is not span.worker:
                twice.append((partition, other, span))
    return twice


def delivered(workers, group):
    records, wrong = {}, []
    for worker in workers:
        for _, event_group, event, words in worker.events():
            if event_group == group and event == "record":
                place = int(words[0]), int(words[1])
                if records.setdefault(place, words[2]) != words[2]:
                    wrong.append(place)
    assert not wrong, f"{len(wrong)} places with two values, first {wrong[0]}"
    return records


def acknowledged_commits(workers, group):
    """[(microseconds, partition, offset)] in order of time."""
    return sorted(
        (at, int(words[0]), int(words[1]))
        for worker in workers
        for at, event_group, event, words in worker.events()
        if event_group == group and event == "commit"
    )


def moved_back(seen):
    """What of the observed committed offsets became smaller."""
    newest, back = {}, []
    for at, offsets in seen:
        for partition, offset in offsets.items():
            if offset < newest.get(partition, -1):
                back.append((at, partition, newest[partition], offset))
            newest[partition] = max(offset, newest.get(partition, -1))
    return back


RESENT_US = 10_000_000  # after the broker is back


def not_resent(back, seen, outages):
    """Those of `back` that no commit explains which was under way when the broker went away: such
    a one came soon after an outage and is not older than what had been seen before it."""
    def before(partition, at):
        return max((offsets.get(partition, -1) for seen_at, offsets in seen if seen_at < at),
                   default=-1)

    def resent(at, partition, offset):
        return any(begin < at < end + RESENT_US and offset >= before(partition, begin)
                   for begin, end in outages)

    return [(at, partition, newest, offset) for at, partition, newest, offset in back
            if not resent(at, partition, offset)]


def lost_commits(commits, seen):
    """Acknowledged commits that a later question did not find."""
    lost, at_least, position = [], {}, 0
    for asked_at, offsets in seen:
        while position < len(commits) and commits[position][0] < asked_at:
            _, partition, offset = commits[position]
            at_least[partition] = max(offset, at_least.get(partition, -1))
            position += 1
        lost += [
            (asked_at, partition, offset, offsets[partition])
            for partition, offset in at_least.items()
            if offsets[partition] < offset
        ]
    return lost


def stale_commits(workers, group):
    """Partitions that a worker committed after a freeze without having been given them anew."""
    stale = set()
    for worker in workers:
        held_since = {}
        for at, event_group, event, words in worker.events():
            if event_group != group:
                continue
            if event == "assigned":
                held_since.update((partition, at) for partition in partitions_in(words[2:]))
            if event == "commit":
                begin = held_since.get(int(words[0]), at)
                if any(begin < thawed < at for _, thawed in worker.stops if thawed):
                    stale.add(int(words[0]))
    return stale


def none(what, found):
    assert not found, f"{len(found)} {what}, first: {found[0]}"


def judge(checks, crew, lane, acks, committed, outages):
    """One check for each promise, by the name of the group. `outages` are the times at which the
    broker went away and was back."""
    group, workers = lane.group, crew.workers
    seen = committed.seen[group]

    def every_record():
        records = delivered(workers, group)
        lost = [place for place, value in acks.items() if records.get(place) != value]
        none(f"of {len(acks)} acknowledged records not delivered", lost)

    def one_owner():
        found = overlaps(workers, group)
        if lane.keeps_after_freeze and found:
            # Its leader takes claims of owned partitions without their generation for true, the
            # last one of each, and hands a partition on at once to whoever had it long ago.
            found = [each for each in found if each[1].generation == each[2].generation]
            print(f"SKIPPED {group}: a partition that the leader handed on in one round")
        if lane.answers_early and found:
            used = [each for each in found if was_used(group, each[0], each[1])]
            print(f"SKIPPED {group}: {len(found) - len(used)} claims of a member that had just "
                  "joined and took nothing")
            found = used
        none("overlaps", found)
        # A generation is one division of the partitions; an epoch of KIP-848 is not: members move
        # on one by one, and what one gave up another gets.
        if lane.options.get("protocol") != "consumer":
            none("partitions given twice in one generation", given_twice(workers, group))

    def commits_stay():
        back = moved_back(seen)
        lost = lost_commits(acknowledged_commits(workers, group), seen)
        if lane.keeps_after_freeze and back + lost:
            stale = stale_commits(workers, group)
            back, lost = (
                [each for each in found if each[1] not in stale] for found in (back, lost)
            )
            print(
                f"SKIPPED {group}: offsets of partitions {sorted(stale)}, committed by a member "
                "that had been given up while it was frozen"
            )
        if lane.resends_commits and back:
            kept = not_resent(back, seen, outages)
            print(f"SKIPPED {group}: {len(back) - len(kept)} offsets that an older commit replaced "
                  "which was sent again after the broker was away")
            back = kept
        none("committed offsets moved back", back)
        none("acknowledged commits lost", lost)

    def enough_happened():
        spans = [span for each in spans_of(workers, group).values() for span in each]
        owners = {span.worker for span in spans}
        assert (
            len(owners) >= len(workers) // 2
        ), f"only {len(owners)} of {len(workers)} workers owned anything"
        changes = sum(len(offsets) > 0 for _, offsets in seen)
        assert changes > 20, f"committed offsets were seen {changes} times only"

    checks.run(f"{group}: every acknowledged record delivered", every_record)
    checks.run(f"{group}: no partition owned twice", one_owner)
    checks.run(f"{group}: no committed offset lost or moved back", commits_stay)
    checks.run(f"{group}: validity: enough happened", enough_happened)


class Trouble:
    """What happens to crew and broker, in an order and at moments of a seed."""

    def __init__(self, crew, broker, rng):
        self.crew, self.broker, self.rng = crew, broker, rng
        self.down_s, self.outages = [], []

    def breathe(self, least=0.3, most=2.0):
        time.sleep(self.rng.uniform(least, most))

    def kill_broker(self):
        """Apache Kafka is stopped instead: a kill may cost it what idempotent producers need."""
        begin = micros()
        self.broker.stop() if os.environ.get("GROUP_REFERENCE") else self.broker.kill()
        self.breathe(0, 0.3)
        self.down_s.append(self.broker.start())
        self.outages.append((begin, micros()))

    def leave(self):
        worker = self.crew.take(self.rng)
        worker.leave()
        self.breathe(0, 1)
        self.crew.join()

    def crash(self):
        self.crew.take(self.rng).crash()
        self.breathe(0, 1)
        self.crew.join()

    def freeze(self):
        """Longer than the session, once in a while with a kill of the broker in between."""
        worker = self.crew.take(self.rng)
        worker.pause()
        if self.rng.random() < 0.3:
            self.breathe()
            self.kill_broker()
        time.sleep(SESSION_MS / 1000 * self.rng.uniform(1.1, 1.5))
        worker.resume()
        self.crew.live.append(worker)

    def freeze_shortly(self):
        """Shorter than the session: nothing has to happen."""
        worker = self.crew.take(self.rng)
        worker.pause()
        self.breathe(0.2, 0.5)
        worker.resume()
        self.crew.live.append(worker)

    def cycle(self):
        steps = [
            self.kill_broker,
            self.leave,
            self.crash,
            self.freeze,
            self.kill_broker,
            self.freeze_shortly,
        ]
        self.rng.shuffle(steps)
        for step in steps:
            step()
            self.breathe()


def settle(crew, committed, ends, deadline_s):
    """Waits until every lane has committed everything there is."""
    for lane in crew.lanes:
        group = lane.group
        wait_for(
            lambda group=group: f"{group} at {committed.newest(group)} of {ends}",
            lambda group=group: committed.newest(group) == ends,
            deadline_s,
        )


def settle_with_more(crew, committed, binary, outcome, tries=9):
    """A commit that met a rebalance is made again with the next records of its partition: where the
    groups do not come to the end, there are a few more."""
    for again in range(tries):
        with wire.Connection(crew.broker.port) as connection:
            ends = connection.end_offsets(TOPIC, PARTITIONS)
        try:
            return settle(crew, committed, ends, deadline_s=20)
        except RuntimeError as problem:
            if again == tries - 1:
                raise
            print(f"more records: {problem}", flush=True)
        more = Load(crew.broker, binary, rate=200, prefix=f"more{again}")
        time.sleep(1)
        outcome["acks"].update(more.finish())


def attacked(binary, command, lanes, members=4):
    """The whole suite of a client: prints its checks and ends the program."""
    seed = int(os.environ.get("GROUP_SEED", random.randrange(1 << 30)))
    cycles = int(os.environ.get("GROUP_CYCLES", "1"))
    rate = int(os.environ.get("GROUP_RATE", "1000"))
    print(f"seed {seed}, {cycles} cycles", flush=True)
    checks, rng = Checks(), random.Random(seed)
    with make_broker(binary) as broker:
        with wire.Connection(broker.port) as connection:
            assert connection.create_topic(TOPIC, PARTITIONS) == 0
        crew = Crew(command, broker, lanes)
        committed = Committed(broker.port, [lane.group for lane in lanes])
        trouble = Trouble(crew, broker, rng)
        outcome = {}

        def survive():
            committed.start()
            load = Load(broker, binary, rate=rate)
            crew.join(members // 2)
            trouble.breathe()
            crew.join(members - members // 2)
            trouble.breathe(2, 3)
            for _ in range(cycles):
                trouble.cycle()
            outcome["acks"] = load.finish()
            settle_with_more(crew, committed, binary, outcome)
            crew.finish()
            committed.finish()

        checks.run(f"{members} members of {len(lanes)} groups come, go, crash and freeze", survive)
        crew.abort()
        if "acks" in outcome and not checks.failed:
            for lane in lanes:
                judge(checks, crew, lane, outcome["acks"], committed, trouble.outages)
        else:
            for worker in crew.workers[-2:]:
                print(worker.tail())
            print(broker.tail() if hasattr(broker, "tail") else "")
        print_figures(crew, outcome, trouble, committed)
        keep(checks, broker)
    checks.close()


def print_figures(crew, outcome, trouble, committed):
    highest = ", ".join(
        f"{lane.group} {last_generation(crew.workers, lane.group)}" for lane in crew.lanes
    )
    asked = sum(len(seen) for seen in committed.seen.values())
    print(
        f"FIGURE {len(crew.workers)} workers, {len(trouble.down_s)} kills of the broker, "
        f"{len(outcome.get('acks', {}))} records; last generations: {highest}; "
        f"committed offsets compared {asked} times"
    )


def keep(checks, broker):
    """Where something failed and GROUP_KEEP names a folder, the journals stay there."""
    folder = os.environ.get("GROUP_KEEP")
    if checks.failed and folder:
        subprocess.run(["cp", "-r", str(broker.directory), folder])
