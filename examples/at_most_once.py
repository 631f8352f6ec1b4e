#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""At most once: a record is committed first and worked on afterwards. Whoever dies in between has
lost the record, but none is ever worked on twice.

    pip install confluent-kafka
    at_most_once.py localhost:9092 TOPIC GROUP [SETTING=VALUE...]

Prints each record as `PARTITION OFFSET VALUE` and ends with Ctrl-C. interop-tests/examples kills it
at any moment and checks that no record was printed twice."""
import sys

from confluent_kafka import Consumer, KafkaException


def work_on(message):
    """Whatever must not happen twice."""
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
            # Only what is surely committed is worked on.
            if messages and committed(consumer):
                for message in messages:
                    work_on(message)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


def committed(consumer):
    """Whether the commit is certain. Where it is not, nobody may work on these records: they are
    given up, or, if the commit did not arrive, come to the next owner."""
    try:
        return all(part.error is None for part in consumer.commit(asynchronous=False))
    except KafkaException as problem:
        print(f"given up: {problem}", file=sys.stderr)
        return False


if __name__ == "__main__":
    main()
