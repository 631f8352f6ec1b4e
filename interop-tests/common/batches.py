# SPDX-License-Identifier: Apache-2.0
"""Record batches as bytes, for suites that must send exactly the batch they mean: magic 2, not
compressed, a producer's id, epoch and first sequence number, transactional where it is told to."""

import base64
import struct
import time

TRANSACTIONAL = 0x10


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(number):
    """Zigzag, as records have it."""
    number = number << 1 if number >= 0 else (-number << 1) - 1
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def record(delta, value):
    body = b"\0" + varint(0) + varint(delta) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(values, producer_id=-1, epoch=-1, sequence=-1, transactional=False, at_ms=None):
    now = at_ms or int(time.time() * 1000)
    attributes = TRANSACTIONAL if transactional else 0
    body = struct.pack(">hiqqqhii", attributes, len(values) - 1, now, now, producer_id, epoch,
                       sequence, len(values))
    body += b"".join(record(at, value.encode()) for at, value in enumerate(values))
    head = struct.pack(">ib", -1, 2) + struct.pack(">I", crc32c(body))
    return struct.pack(">qi", 0, len(head) + len(body)) + head + body


def encoded(*arguments, **options):
    """As a field of a JSON question (ask.py) has it."""
    return base64.b64encode(batch(*arguments, **options)).decode()
