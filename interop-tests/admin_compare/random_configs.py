# SPDX-License-Identifier: Apache-2.0
"""Random values of every config that can be changed: as good as limits, words and lists can be
hit by chance, and what is neither."""
from cases import BROKER, GROUP, METRICS, SET, TOPIC, change, describe_configs

# Keys that change what this suite itself relies on, or that name files and classes.
LEAVE_ALONE = (
    "listeners",
    "ssl.",
    "sasl.",
    "principal.",
    "metric.reporters",
    "security",
    "remote.",
    "log.local.",
    "log.dir",
    "connection",
    "broker.interceptor",
    "log.cleaner.enable",
    "max.connections",
    "quota",
    "principal",
    "follower.replication",
    "leader.replication",
    "listener.",
    "auto.include.jmx",
)


NUMBERS = (
    "0", "1", "-1", "-2", "100", "1000", "65536", "2147483647", "2147483648", "-2147483648",
    "9223372036854775807", "9223372036854775808", "0.5", "0.99", "1.0", "1.5", "abc", "", " 7 ",
    "1e3", "+5", "007", "1_000", "0x10", "10L", "NaN", "-0", "--1", "1 2", "1,2",
)
BOOLEANS = ("true", "false", "TRUE", "False", " true ", "yes", "no", "", "1", "0", "tru e", "null")
WORDS = (
    "", "compact", "delete", "bogus", "producer", "uncompressed", "gzip", "snappy", "lz4", "zstd",
    "CreateTime", "LogAppendTime", "createtime", "none", "latest", "earliest", "by_duration:PT1H",
    "by_duration:1", "read_committed", "read_uncommitted", "disabled", "upgrade", "downgrade",
    "bidirectional", "range", "uniform", "simple", "0:1", "*", "a", "a b", "client_id=.*",
    "client_software_name=java", "org.apache.kafka.producer.", "INFO", "0", "-1",
)


def any_number(draw):
    """Of any size up to some beyond 64 bits, so that limits are met on both sides."""
    number = draw.randrange(10 ** draw.randrange(1, 21))
    return draw.choice((str(number), str(-number), f"{number}.{draw.randrange(100)}", f" {number}"))


def any_list(draw):
    words = [draw.choice(WORDS) for _ in range(draw.randrange(1, 4))]
    return draw.choice((",", ", ", ",,")).join(words)


def random_value(draw, kind):
    if kind in (3, 4, 5, 6):
        return draw.choice(NUMBERS) if draw.randrange(2) else any_number(draw)
    if kind == 1:
        return draw.choice(BOOLEANS)
    return draw.choice(WORDS) if draw.randrange(3) else any_list(draw)


def keys_of(asker, to, kind, name):
    answer = asker.ask(to, 32, 4, describe_configs(kind, name))["body"]["results"][0]["configs"]
    return [
        (entry["name"], entry["configType"])
        for entry in answer
        if not entry["readOnly"] and not entry["name"].startswith(LEAVE_ALONE)
    ]


METRICS_KEYS = (("interval.ms", 3), ("match", 7), ("metrics", 7))


def random_keys(asker, to):
    """All that may be tried: (kind, resource, key, type of its value)."""
    resources = [(TOPIC, "t"), (GROUP, "g"), (BROKER, "1"), (BROKER, "")]
    found = [(kind, name, key, of) for kind, name in resources
             for key, of in keys_of(asker, to, kind, name or "1")]
    return found + [(METRICS, "m", key, of) for key, of in METRICS_KEYS]


def ask_random(pair, draw, row):
    kind, name, key, of = row
    value = random_value(draw, of)
    if key == "log.cleaner.threads" and value.strip(" +-0") == "":
        return  # Kafka divides by it, and says so
    _, _, body = change(kind, name, (key, SET, value), check=True)
    pair.ask(44, 1, body)


def of_any_key(pair, draw, count):
    """Validated only: the same judgement, in the same words."""
    rows = random_keys(pair.asker, pair.kafka)
    for _ in range(count):
        ask_random(pair, draw, draw.choice(rows))


def of_each_key(pair, draw, count, part, parts):
    """The same with so many values for each key, of a part of the keys. Gives how many keys."""
    rows = sorted(random_keys(pair.asker, pair.kafka))[part::parts]
    for row in rows:
        for _ in range(count):
            ask_random(pair, draw, row)
    return len(rows)


def accept(asker, to, draw, count):
    accepted = 0
    rows = [(kind, "u" if kind == TOPIC else name, key, of)
            for kind, name, key, of in random_keys(asker, to)]
    for _ in range(count):
        kind, name, key, of = draw.choice(rows)
        _, _, body = change(kind, name, (key, SET, random_value(draw, of)))
        accepted += asker.ask(to, 44, 1, body)["body"]["responses"][0]["errorCode"] == 0
    return accepted
