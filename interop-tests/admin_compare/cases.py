# SPDX-License-Identifier: Apache-2.0
"""What administrators ask: (api, versions, body), the body perhaps by version. Later questions see
what earlier ones changed."""

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3


def create_topics(*names):
    return {
        "topics": [
            {
                "name": name,
                "numPartitions": 2,
                "replicationFactor": 1,
                "assignments": [],
                "configs": [],
            }
            for name in names
        ],
        "timeoutMs": 5000,
        "validateOnly": False,
    }


def describe_configs(kind, name, keys=None, synonyms=False):
    return {
        "resources": [{"resourceType": kind, "resourceName": name, "configurationKeys": keys}],
        "includeSynonyms": synonyms,
        "includeDocumentation": False,
    }


def replace(kind, name, *configs, check=False):
    return (
        33,
        (0, 1, 2),
        {
            "resources": [
                {
                    "resourceType": kind,
                    "resourceName": name,
                    "configs": [{"name": key, "value": value} for key, value in configs],
                }
            ],
            "validateOnly": check,
        },
    )


def change(kind, name, *configs, check=False):
    return (
        44,
        (0, 1),
        {
            "resources": [
                {
                    "resourceType": kind,
                    "resourceName": name,
                    "configs": [
                        {"name": key, "configOperation": operation, "value": value}
                        for key, operation, value in configs
                    ],
                }
            ],
            "validateOnly": check,
        },
    )


def shown(kind, name, *keys):
    return (
        32,
        (1, 2, 4),
        lambda version: {
            key: value
            for key, value in describe_configs(kind, name, list(keys), True).items()
            if version >= 3 or key != "includeDocumentation"
        },
    )


def list_resources(*types):
    return (74, (1,), {"resourceTypes": list(types)})


def quotas(*entries, check=False):
    return (
        49,
        (0, 1),
        {
            "entries": [
                {
                    "entity": [{"entityType": kind, "entityName": name} for kind, name in entity],
                    "ops": [
                        {"key": key, "value": value, "remove": remove} for key, value, remove in ops
                    ],
                }
                for entity, ops in entries
            ],
            "validateOnly": check,
        },
    )


def quota(entity, key, value, remove=False):
    return quotas((entity, [(key, value, remove)]))


def shown_quotas(*components, strict=False):
    return (
        48,
        (0, 1),
        {
            "components": [
                {"entityType": kind, "matchType": match, "match": name}
                for kind, match, name in components
            ],
            "strict": strict,
        },
    )


def scram(deletions=(), upsertions=()):
    return (
        51,
        (0,),
        {
            "deletions": [{"name": name, "mechanism": mechanism} for name, mechanism in deletions],
            "upsertions": [
                {
                    "name": name,
                    "mechanism": mechanism,
                    "iterations": iterations,
                    "salt": salt,
                    "saltedPassword": "AAEC",
                }
                for name, mechanism, iterations, salt in upsertions
            ],
        },
    )


def shown_scram(*names):
    return (50, (0,), {"users": [{"name": name} for name in names] if names else None})


def features(*updates, check=True):
    return (
        57,
        (1, 2),
        {
            "timeoutMs": 1000,
            "validateOnly": check,
            "featureUpdates": [
                {"feature": name, "maxVersionLevel": level, "upgradeType": kind}
                for name, level, kind in updates
            ],
        },
    )


def reassign(*topics, change_count=True):
    def body(version):
        result = {
            "timeoutMs": 1000,
            "topics": [
                {
                    "name": name,
                    "partitions": [
                        {"partitionIndex": index, "replicas": replicas}
                        for index, replicas in partitions
                    ],
                }
                for name, partitions in topics
            ],
        }
        if version >= 1:
            result["allowReplicationFactorChange"] = change_count
        return result

    return (45, (0, 1), body)


def elect(kind, *topics, every=False):
    def body(version):
        asked = (
            None
            if every
            else [{"topic": name, "partitions": partitions} for name, partitions in topics]
        )
        result = {"topicPartitions": asked, "timeoutMs": 1000}
        if version >= 1:
            result["electionType"] = kind
        return result

    return (43, (0, 1, 2) if kind == 0 else (1, 2), body)


def quorum(topic, *partitions):
    return (
        55,
        (0, 1, 2),
        {
            "topics": [
                {
                    "topicName": topic,
                    "partitions": [{"partitionIndex": index} for index in partitions],
                }
            ]
        },
    )


def push_telemetry(instance, subscription, terminating=False, compression=0, metrics=""):
    return (
        72,
        (0,),
        {
            "clientInstanceId": instance,
            "subscriptionId": subscription,
            "terminating": terminating,
            "compressionType": compression,
            "metrics": metrics,
        },
    )


USER, CLIENT, ADDRESS = "user", "client-id", "ip"
SECTIONS = {
    "AlterConfigs on topics": [
        replace(TOPIC, "t", ("retention.ms", "1000"), ("cleanup.policy", "compact")),
        shown(TOPIC, "t", "retention.ms", "cleanup.policy"),
        replace(TOPIC, "t", ("retention.ms", "2000")),
        shown(TOPIC, "t", "retention.ms", "cleanup.policy"),
        replace(TOPIC, "t", ("retention.ms", "3000"), check=True),
        shown(TOPIC, "t", "retention.ms"),
        replace(TOPIC, "t", ("retention.ms", None)),
        replace(TOPIC, "t", ("bogus", "1")),
        replace(TOPIC, "t", ("retention.ms", "1"), ("retention.ms", "2")),
        replace(TOPIC, "t", ("retention.ms", "abc")),
        replace(TOPIC, "nope", ("retention.ms", "1")),
        replace(TOPIC, "", ("retention.ms", "1")),
        replace(TOPIC, "a b", ("retention.ms", "1")),
        replace(TOPIC, "t"),
        shown(TOPIC, "t", "retention.ms"),
    ],
    "A04 APPEND and SUBTRACT": [
        change(TOPIC, "t", ("cleanup.policy", APPEND, "compact")),
        shown(TOPIC, "t", "cleanup.policy"),
        change(TOPIC, "t", ("cleanup.policy", APPEND, "compact")),
        shown(TOPIC, "t", "cleanup.policy"),
        change(TOPIC, "t", ("cleanup.policy", SUBTRACT, "delete")),
        shown(TOPIC, "t", "cleanup.policy"),
        change(TOPIC, "t", ("cleanup.policy", SUBTRACT, "never")),
        shown(TOPIC, "t", "cleanup.policy"),
        change(TOPIC, "t", ("cleanup.policy", APPEND, "bogus")),
        change(TOPIC, "t", ("retention.ms", APPEND, "1")),
        change(TOPIC, "t", ("bogus", SUBTRACT, "1")),
        change(TOPIC, "t", ("cleanup.policy", APPEND, None)),
        change(TOPIC, "t", ("cleanup.policy", DELETE, None)),
        shown(TOPIC, "t", "cleanup.policy"),
        change(TOPIC, "t", ("retention.ms", SET, "1"), ("retention.ms", DELETE, None)),
        change(TOPIC, "t", ("retention.ms", SET, "5"), check=True),
        shown(TOPIC, "t", "retention.ms"),
    ],
    "A05 which setting counts": [
        shown(TOPIC, "u", "max.message.bytes", "retention.ms"),
        change(BROKER, "", ("message.max.bytes", SET, "2000000")),
        shown(TOPIC, "u", "max.message.bytes"),
        change(BROKER, "1", ("message.max.bytes", SET, "3000000")),
        shown(TOPIC, "u", "max.message.bytes"),
        change(TOPIC, "u", ("max.message.bytes", SET, "4000000")),
        shown(TOPIC, "u", "max.message.bytes"),
        shown(BROKER, "1", "message.max.bytes"),
        shown(BROKER, "", "message.max.bytes"),
        change(TOPIC, "u", ("max.message.bytes", DELETE, None)),
        shown(TOPIC, "u", "max.message.bytes"),
        change(BROKER, "1", ("message.max.bytes", DELETE, None)),
        shown(TOPIC, "u", "max.message.bytes"),
        change(BROKER, "", ("message.max.bytes", DELETE, None)),
        shown(TOPIC, "u", "max.message.bytes"),
        change(BROKER, "", ("log.retention.ms", SET, "70000")),
        shown(TOPIC, "u", "retention.ms"),
        change(BROKER, "", ("log.retention.ms", DELETE, None)),
    ],
    "configs of brokers": [
        change(BROKER, "1", ("log.cleaner.threads", SET, "2")),
        shown(BROKER, "1", "log.cleaner.threads"),
        change(BROKER, "1", ("node.id", SET, "2")),
        change(BROKER, "7", ("log.cleaner.threads", SET, "2")),
        change(BROKER, "x", ("log.cleaner.threads", SET, "2")),
        change(BROKER, "1", ("bogus.key", SET, "2")),
        change(BROKER, "1", ("bogus.key", DELETE, None)),
        change(BROKER, "1", ("log.cleaner.threads", DELETE, None)),
        change(BROKER, "1", ("log.retention.ms", SET, "abc")),
        change(BROKER, "", ("log.retention.ms", SET, "0")),
        change(BROKER, "1", ("min.insync.replicas", SET, "1")),
        change(BROKER, "", ("min.insync.replicas", DELETE, None)),
        change(BROKER, "", ("min.insync.replicas", SET, "1")),
        replace(BROKER, "1", ("log.cleaner.threads", "2")),
        replace(BROKER, "1"),
        replace(BROKER, "", ("log.cleaner.threads", "2")),
        replace(BROKER, "1", ("node.id", "2")),
        replace(BROKER, "7", ("log.cleaner.threads", "2")),
        replace(BROKER, "x", ("log.cleaner.threads", "2")),
        replace(LOGGER, "1", ("root", "DEBUG")),
        replace(99, "x", ("a", "b")),
        change(99, "x", ("a", SET, "b")),
    ],
    "A13 secrets are not shown": [
        change(BROKER, "1", ("ssl.keystore.password", SET, "secret")),
        (
            32,
            (1, 4),
            lambda version: (
                describe_configs(BROKER, "1", ["ssl.keystore.password"], True)
                if version > 2
                else {
                    key: value
                    for key, value in describe_configs(
                        BROKER, "1", ["ssl.keystore.password"], True
                    ).items()
                    if key != "includeDocumentation"
                }
            ),
        ),
    ],
    "configs of groups": [
        replace(GROUP, "g", ("consumer.session.timeout.ms", "50000")),
        shown(GROUP, "g", "consumer.session.timeout.ms"),
        (32, (4,), describe_configs(GROUP, "g", None, True)),
        (32, (4,), describe_configs(GROUP, "other", None, True)),
        change(GROUP, "g", ("consumer.heartbeat.interval.ms", SET, "6000")),
        change(GROUP, "g", ("consumer.heartbeat.interval.ms", SET, "1")),
        change(GROUP, "g", ("consumer.session.timeout.ms", SET, "1")),
        change(GROUP, "g", ("consumer.session.timeout.ms", SET, "x")),
        change(GROUP, "g", ("bogus", SET, "1")),
        change(GROUP, "", ("consumer.session.timeout.ms", SET, "50000")),
        change(GROUP, "g", ("consumer.session.timeout.ms", APPEND, "50000")),
        change(GROUP, "g", ("share.auto.offset.reset", SET, "earliest")),
        change(GROUP, "g", ("share.auto.offset.reset", SET, "bogus")),
        change(GROUP, "g", ("share.isolation.level", SET, "read_committed")),
        change(GROUP, "g", ("streams.num.standby.replicas", SET, "1")),
        change(GROUP, "g", ("streams.num.standby.replicas", SET, "100")),
        replace(METRICS, "m", ("interval.ms", "1000")),
        replace(METRICS, "m", ("interval.ms", "1")),
        replace(METRICS, "m", ("bogus", "1")),
        replace(METRICS, "", ("interval.ms", "1000")),
        list_resources(),
        list_resources(TOPIC),
        list_resources(GROUP, METRICS),
        list_resources(BROKER, LOGGER),
        list_resources(0),
        list_resources(TOPIC, 99),
        list_resources(TOPIC, TOPIC),
        (74, (0,), {}),
        change(
            GROUP,
            "g",
            ("consumer.session.timeout.ms", DELETE, None),
            ("consumer.heartbeat.interval.ms", DELETE, None),
            ("share.auto.offset.reset", DELETE, None),
            ("share.isolation.level", DELETE, None),
            ("streams.num.standby.replicas", DELETE, None),
        ),
        replace(METRICS, "m"),
        list_resources(GROUP, METRICS),
    ],
    "client quotas": [
        shown_quotas(),
        quotas(
            (
                [(USER, "alice")],
                [("producer_byte_rate", 1000.0, False), ("consumer_byte_rate", 2000.0, False)],
            )
        ),
        quota([(USER, "alice"), (CLIENT, "c1")], "request_percentage", 50.0),
        quota([(USER, None)], "producer_byte_rate", 7.0),
        quota([(CLIENT, None)], "controller_mutation_rate", 7.5),
        quota([(ADDRESS, "10.0.0.1")], "connection_creation_rate", 7.0),
        quota([(ADDRESS, None)], "connection_creation_rate", 9.0),
        shown_quotas(),
        shown_quotas((USER, 0, "alice")),
        shown_quotas((USER, 0, "alice"), strict=True),
        shown_quotas((USER, 1, None)),
        shown_quotas((USER, 2, None)),
        shown_quotas((USER, 0, "alice"), (CLIENT, 2, None)),
        shown_quotas((USER, 2, None), (CLIENT, 2, None), strict=True),
        shown_quotas((ADDRESS, 2, None)),
        shown_quotas(("bogus", 2, None)),
        shown_quotas(("", 2, None)),
        shown_quotas((USER, 9, None)),
        shown_quotas((USER, 0, None)),
        shown_quotas((USER, 1, "x")),
        shown_quotas((USER, 2, "x")),
        shown_quotas((USER, 2, None), (USER, 2, None)),
        shown_quotas((ADDRESS, 2, None), (USER, 2, None)),
        quota([], "producer_byte_rate", 1.0),
        quota([("bogus", "x")], "producer_byte_rate", 1.0),
        quota([(USER, "a"), (ADDRESS, "b")], "producer_byte_rate", 1.0),
        quota([(USER, "")], "producer_byte_rate", 1.0),
        quota([(CLIENT, "")], "producer_byte_rate", 1.0),
        quota([(ADDRESS, "")], "connection_creation_rate", 1.0),
        quota([(USER, "a")], "bogus", 1.0),
        quota([(USER, "a")], "bogus", 1.0, True),
        quota([(USER, "a")], "producer_byte_rate", 0.0),
        quota([(USER, "a")], "producer_byte_rate", -1.0),
        quota([(USER, "a")], "producer_byte_rate", 1.5),
        quota([(USER, "a")], "producer_byte_rate", 1e300),
        quota([(USER, "a")], "connection_creation_rate", 1.0),
        quota([(ADDRESS, "1.2.3.4")], "producer_byte_rate", 1.0),
        quota([(ADDRESS, "not an ip!")], "connection_creation_rate", 1.0),
        quota([(ADDRESS, "1.2.3.4")], "connection_creation_rate", 1.5),
        quota([(ADDRESS, "1.2.3.4")], "connection_creation_rate", 1e12),
        quota([(USER, "never")], "producer_byte_rate", 5.0, True),
        quotas(
            ([(USER, "alice")], [("producer_byte_rate", 0.0, True)]),
            ([(USER, "zed")], [("producer_byte_rate", 1.0, False)]),
        ),
        quotas(([(USER, "v")], [("producer_byte_rate", 1.0, False)]), check=True),
        quotas(
            ([(USER, "dup")], [("producer_byte_rate", 1.0, False)]),
            ([(USER, "dup")], [("consumer_byte_rate", 1.0, False)]),
        ),
        quotas(
            (
                [(USER, "twice")],
                [("producer_byte_rate", 1.0, False), ("producer_byte_rate", 2.0, False)],
            )
        ),
        quotas(([(USER, "none")], [])),
        shown_quotas(),
    ],
    "SCRAM credentials": [
        shown_scram(),
        shown_scram("a", "", "a"),
        scram([("a", 1)], [("b", 1, 4096, "AAEC")]),
        scram(
            [("", 1), ("x", 9)],
            [
                ("c", 1, 1, "AAEC"),
                ("d", 2, 20000, "AAEC"),
                ("e", 2, 8192, ""),
                ("g", 7, 8192, "AAEC"),
            ],
        ),
        scram([("b", 1)], [("b", 1, 4096, "AAEC")]),
        scram([], [("b", 2, 4097, "AAEC")]),
        scram([], [("b", 2, 4098, "AAEC"), ("b", 2, 4099, "AAEC")]),
        shown_scram(),
        shown_scram("b", "zz"),
        scram([("b", 1), ("b", 2)]),
        scram([("b", 1)]),
        shown_scram("b"),
        scram([("b", 2)]),
        scram(),
        shown_scram(),
    ],
    "features": [
        features(),
        features(("metadata.version", 30, 1)),
        features(("metadata.version", 31, 1)),
        features(("metadata.version", 29, 1)),
        features(("metadata.version", 29, 2)),
        features(("metadata.version", 29, 3)),
        features(("metadata.version", 0, 1)),
        features(("metadata.version", 6, 2)),
        features(("group.version", 0, 1)),
        features(("group.version", 0, 2)),
        features(("group.version", 0, 3)),
        features(("group.version", -1, 1)),
        features(("group.version", 1, 9)),
        features(("group.version", 1, 2)),
        features(("group.version", 9, 1)),
        features(("nope", 1, 1)),
        features(("nope", 0, 1)),
        features(("nope", 0, 2)),
        features(("nope", 0, 3)),
        features(("", 1, 1)),
        features(("kraft.version", 1, 1)),
        features(("kraft.version", 2, 1)),
        features(("kraft.version", 0, 1)),
        features(("transaction.version", 1, 2), ("share.version", 1, 1)),
        features(("share.version", 0, 1)),
        features(("streams.version", 1, 1)),
        (
            57,
            (0,),
            {
                "timeoutMs": 1000,
                "featureUpdates": [
                    {"feature": "group.version", "maxVersionLevel": 1, "allowDowngrade": False}
                ],
            },
        ),
        (
            57,
            (0,),
            {
                "timeoutMs": 1000,
                "featureUpdates": [
                    {"feature": "group.version", "maxVersionLevel": 9, "allowDowngrade": True}
                ],
            },
        ),
    ],
    "reassignments and elections": [
        reassign(("t", [(0, [1]), (1, None), (9, [1])]), ("nope", [(0, [1])])),
        reassign(("t", [(0, [1, 2]), (1, [])])),
        reassign(("t", [(0, [1, 1]), (1, [-1])]), change_count=False),
        reassign(("t", [(0, [7])]), change_count=False),
        reassign(),
        (46, (0,), {"timeoutMs": 1000, "topics": None}),
        (
            46,
            (0,),
            {
                "timeoutMs": 1000,
                "topics": [
                    {"name": "t", "partitionIndexes": [0, 9]},
                    {"name": "nope", "partitionIndexes": [0]},
                ],
            },
        ),
        elect(0, every=True),
        elect(1, every=True),
        elect(0, ("t", [0, 9]), ("nope", [0])),
        elect(1, ("t", [0])),
        elect(7, ("t", [0])),
        elect(0),
    ],
    "the quorum": [
        quorum("__cluster_metadata", 0),
        quorum("__cluster_metadata", 1),
        quorum("nope", 0, 3),
        (55, (2,), {"topics": []}),
    ],
    "log directories": [
        (
            35,
            (1, 2, 3, 4),
            {
                "topics": [
                    {"topic": "t", "partitions": [0, 9]},
                    {"topic": "nope", "partitions": [0]},
                ]
            },
        ),
        (35, (1, 2, 3, 4), {"topics": []}),
    ],
    "access rules": [
        (
            29,
            (1, 2, 3),
            {
                "resourceTypeFilter": 1,
                "resourceNameFilter": None,
                "patternTypeFilter": 1,
                "principalFilter": None,
                "hostFilter": None,
                "operation": 1,
                "permissionType": 1,
            },
        ),
        (
            30,
            (1, 2, 3),
            {
                "creations": [
                    {
                        "resourceType": 2,
                        "resourceName": "t",
                        "resourcePatternType": 3,
                        "principal": "User:a",
                        "host": "*",
                        "operation": 2,
                        "permissionType": 3,
                    }
                ]
            },
        ),
        (
            31,
            (1, 2, 3),
            {
                "filters": [
                    {
                        "resourceTypeFilter": 2,
                        "resourceNameFilter": "t",
                        "patternTypeFilter": 3,
                        "principalFilter": None,
                        "hostFilter": None,
                        "operation": 1,
                        "permissionType": 1,
                    }
                ]
            },
        ),
    ],
    "tokens and authentication without it": [
        (38, (1, 2), {"renewers": [], "maxLifetimeMs": -1}),
        (
            38,
            (3,),
            {
                "renewers": [],
                "maxLifetimeMs": -1,
                "ownerPrincipalType": "User",
                "ownerPrincipalName": "bob",
            },
        ),
        (39, (1, 2), {"hmac": "AAEC", "renewPeriodMs": 1000}),
        (40, (1, 2), {"hmac": "AAEC", "expiryTimePeriodMs": 1000}),
        (41, (1, 2, 3), {"owners": None}),
        (17, (0, 1), {"mechanism": "PLAIN"}),
        (36, (0, 1, 2), {"authBytes": "AAEC"}),
    ],
    "brokers that are gone": [(64, (0,), {"brokerId": 7}), (64, (0,), {"brokerId": -1})],
    "client telemetry": [
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAABQ"}),
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAABQ"}),
        push_telemetry("AAAAAAAAAAAAAAAAAAAAAA", 0),
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAAAQ"}),
        push_telemetry("AAAAAAAAAAAAAAAAAAAAAQ", -725132321),
        push_telemetry("AAAAAAAAAAAAAAAAAAAABQ", -725132325),
        push_telemetry("AAAAAAAAAAAAAAAAAAAABQ", -725132325),
        push_telemetry("AAAAAAAAAAAAAAAAAAAABQ", -725132325, terminating=True),
        push_telemetry("AAAAAAAAAAAAAAAAAAAABQ", -725132325, terminating=True),
        push_telemetry("AAAAAAAAAAAAAAAAAAAAAg", 0),
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAAAg"}),
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAAAw"}),
        push_telemetry("AAAAAAAAAAAAAAAAAAAAAw", -725132323, compression=9),
        (71, (0,), {"clientInstanceId": "AAAAAAAAAAAAAAAAAAAABA"}),
        push_telemetry("AAAAAAAAAAAAAAAAAAAABA", -725132326, compression=1, metrics="AAEC"),
        change(METRICS, "c", ("match", SET, "client_id=[")),
        change(METRICS, "c", ("metrics", SET, "b,,a")),
    ],
    "values as Java reads them": [
        change(kind, name, (key, SET, value), check=True)
        for kind, name, key, values in (
            (TOPIC, "t", "cleanup.policy", (",", "compact,", ",bogus", "bogus,", " , ", " ")),
            (TOPIC, "t", "leader.replication.throttled.replicas",
             ("0:1,", ",", " ", "*,", "*,*", "x,x", "0:1 , 1:2", "0:1,,1")),
            (TOPIC, "t", "retention.ms", ("+5", " 5 ", "++5", "+-5", "5L", "007", "+")),
            (TOPIC, "t", "min.cleanable.dirty.ratio", ("+0.5", " 0.5 ", "5e-1", "1e3")),
            (TOPIC, "t", "preallocate", (" TRUE ", "tru e", " no")),
            (BROKER, "1", "log.cleanup.policy", ("compact,", ",", "compact , delete")),
            (BROKER, "1", "log.cleaner.threads", ("+1", " 1 ", "1.0", " x")),
            (GROUP, "g", "consumer.session.timeout.ms", ("+50000", " 50000 ", "50000.0")),
            (METRICS, "m", "interval.ms", ("+5", "+5000", " 5000 ", "", "x", "99999999999")),
            (METRICS, "m", "match", ("client_id=a,", " ", " , ", "bogus", "bogus,")),
            (METRICS, "m", "metrics", ("a,", " ", " , ", "a , b")),
        )
        for value in values
    ],
    "logs that are to move": [
        (
            34,
            (1, 2),
            {
                "dirs": [
                    {"path": "/nowhere", "topics": [{"name": "t", "partitions": [0]}]},
                    {"path": "here", "topics": [{"name": "nope", "partitions": [0]}]},
                ]
            },
        ),
        (34, (2,), {"dirs": []}),
    ],
    "groups that are not there": [
        (
            15,
            range(7),
            lambda version: {
                "groups": ["nope", ""],
                **({"includeAuthorizedOperations": True} if version > 2 else {}),
            },
        ),
        (
            16,
            range(6),
            lambda version: {
                **({"statesFilter": ["Stable"]} if version > 3 else {}),
                **({"typesFilter": ["classic"]} if version > 4 else {}),
            },
        ),
        (16, (5,), {"statesFilter": [], "typesFilter": ["bogus"]}),
        (16, (4,), {"statesFilter": ["bogus"]}),
        (42, range(3), {"groupsNames": ["nope", "", "nope"]}),
        (
            47,
            (0,),
            {"groupId": "nope", "topics": [{"name": "t", "partitions": [{"partitionIndex": 0}]}]},
        ),
        (
            47,
            (0,),
            {
                "groupId": "nope",
                "topics": [{"name": "nowhere", "partitions": [{"partitionIndex": 0}]}],
            },
        ),
        (
            47,
            (0,),
            {"groupId": "", "topics": [{"name": "t", "partitions": [{"partitionIndex": 0}]}]},
        ),
        (47, (0,), {"groupId": "nope", "topics": []}),
    ],
}
