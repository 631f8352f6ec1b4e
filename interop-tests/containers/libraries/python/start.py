# SPDX-License-Identifier: Apache-2.0
"""Starts the image by Testcontainers for Python, says where it listens, ends with its input."""
import sys

from testcontainers.kafka import KafkaContainer

kafka = KafkaContainer(sys.argv[1])
if sys.argv[2] == "kraft":
    kafka.with_kraft()
with kafka:
    print("bootstrap", kafka.get_bootstrap_server(), flush=True)
    sys.stdin.read()
