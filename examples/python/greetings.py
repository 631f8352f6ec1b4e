# SPDX-License-Identifier: Apache-2.0
"""Sends one greeting and reads it back as a member of a consumer group."""
from confluent_kafka import Consumer, Producer

SERVER = "localhost:9092"
TOPIC = "greetings-python"

producer = Producer({"bootstrap.servers": SERVER})
producer.produce(TOPIC, key="hello", value="hello from Python")
producer.flush()

consumer = Consumer({"bootstrap.servers": SERVER, "group.id": "greeters-python",
                     "auto.offset.reset": "earliest"})
consumer.subscribe([TOPIC])
while True:
    message = consumer.poll(1)
    if message is None:
        continue
    if message.error():
        raise SystemExit(message.error())
    print("received:", message.value().decode())
    break
consumer.close()
