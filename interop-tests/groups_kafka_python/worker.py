# SPDX-License-Identifier: Apache-2.0
"""A kafka-python worker for the group suites (interop-tests/common/groups.py tells what it writes
down): `worker.py BOOTSTRAP TOPIC JOURNAL NAME LANE...`, one consumer and thread for each lane.
Leaves its groups when stdin closes."""

import os
import sys
import threading
import time
import traceback

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import KafkaError

BOOTSTRAP, TOPIC, JOURNAL, NAME, *LANES = sys.argv[1:]
ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}
journal = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
closed = threading.Event()


def note(*lines):
    """Whole lines in one write: kill -9 loses nothing that was said."""
    now = time.time_ns() // 1000
    os.write(journal, "".join(f"{now} {line}\n" for line in lines).encode())


class Member(ConsumerRebalanceListener):
    def __init__(self, lane):
        options = dict(part.split("=") for part in lane.split(","))
        self.group, self.commits = options["group"], options.get("commit") != "auto"
        self.consumer = KafkaConsumer(
            bootstrap_servers=BOOTSTRAP,
            client_id=NAME,
            group_id=self.group,
            auto_offset_reset="earliest",
            enable_auto_commit=not self.commits,
            auto_commit_interval_ms=int(os.environ.get("COMMIT_MS", "500")),
            session_timeout_ms=int(os.environ["SESSION_MS"]),
            heartbeat_interval_ms=int(os.environ["HEARTBEAT_MS"]),
            max_poll_interval_ms=int(os.environ.get("MAX_POLL_MS", "10000")),
            bootstrap_timeout_ms=60000,
            fetch_max_wait_ms=100,
            reconnect_backoff_max_ms=200,
            retry_backoff_ms=50,
            partition_assignment_strategy=[ASSIGNORS[options["assignor"]]],
            group_instance_id=(
                options["instance"].replace("NAME", NAME) if "instance" in options else None
            ),
        )

    def event(self, name, partitions):
        if partitions:
            known = self.consumer.group_metadata()
            listing = ",".join(str(each.partition) for each in sorted(partitions))
            note(f"{self.group} {name} {known.member_id or '-'} {known.generation_id} {listing}")

    def on_partitions_assigned(self, assigned):
        self.event("assigned", assigned)

    def on_partitions_revoked(self, revoked):
        self.event("revoked", revoked)

    def on_partitions_lost(self, lost):
        self.event("lost", lost)

    def line_of(self, record):
        value = record.value.split(b" ", 1)[0].decode()
        return f"{self.group} record {record.partition} {record.offset} {value}"

    def step(self):
        # Long, because kafka-python 3.0.12 drops what a join gave it when a poll ended before it:
        # the member goes on without its partitions (on Apache Kafka as well).
        polled = self.consumer.poll(5000, max_records=500)
        if not polled:
            return
        records = [record for each in polled.values() for record in each]
        note(*(self.line_of(record) for record in records))
        if self.commits:
            ends = {partition: records[-1].offset + 1 for partition, records in polled.items()}
            self.consumer.commit(
                {partition: OffsetAndMetadata(end, "", -1) for partition, end in ends.items()},
                timeout_ms=5000,
            )
            note(
                *(
                    f"{self.group} commit {partition.partition} {end}"
                    for partition, end in ends.items()
                )
            )

    def run(self):
        self.consumer.subscribe([TOPIC], listener=self)
        while not closed.is_set():
            try:
                self.step()
            except KafkaError as problem:  # a rebalance came first, or the broker is away
                note(f"{self.group} problem {problem!r}")
        self.consumer.close()


def run(member):
    try:
        member.run()
    except BaseException:
        traceback.print_exc()
        os._exit(1)


threads = [threading.Thread(target=run, args=(Member(lane),)) for lane in LANES]
for thread in threads:
    thread.start()
sys.stdin.read()
closed.set()
for thread in threads:
    thread.join()
