#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""At least once: a record is worked on first and committed afterwards. Whoever dies in between
leaves the record uncommitted, and the next member of the group works on it again.

    pip install confluent-kafka
    at_least_once.py localhost:9092 TOPIC GROUP [SETTING=VALUE...]

Prints each record as `PARTITION OFFSET VALUE` and ends with Ctrl-C. interop-tests/examples kills it
at any moment and checks that every record was printed at least once."""
import sys

from confluent_kafka import Consumer, KafkaException


def work_on(message):
    """Whatever must not be skipped. It may happen twice, so let it be harmless to do again."""
    print(message.partition(), message.offset(), message.value().decode(), flush=True)


def main():
    bootstrap, topic, group, *settings = sys.argv[1:]
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **dict(setting.split("=", 1) for setting in settings),
        }
    )
    consumer.subscribe([topic])
    try:
        while True:
            messages = consumer.consume(100, timeout=0.5)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
                work_on(message)
            if messages:
                commit(consumer)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


def commit(consumer):
    """What was worked on is over. Where this fails the records come again: to this member, or to
    the one that the partition has gone to meanwhile."""
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as problem:
        print(f"not committed, will come again: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
