# SPDX-License-Identifier: Apache-2.0
"""Environments of containers as compose files and test harnesses set them, one for each habit.

{A}, {B} stand for ports. `listeners` are (port that is bound, address that it must tell), `said`
what the log must have once, `refused` what a refusal must name."""

LONG = str(2**63 - 1)

SNIPPETS = {
    "apache/kafka with nothing but its own ports": {
        "env": {"KAFKA_LISTENERS": "PLAINTEXT://:{A},CONTROLLER://:{C}",
                "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://localhost:{A}"},
        "listeners": [("{A}", "localhost:{A}")],
    },
    "apache/kafka as its documentation has it": {
        "env": {"KAFKA_NODE_ID": "1", "KAFKA_PROCESS_ROLES": "broker,controller",
                "KAFKA_LISTENERS": "PLAINTEXT_HOST://0.0.0.0:{A},CONTROLLER://0.0.0.0:{C},"
                                   "PLAINTEXT://0.0.0.0:{B}",
                "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT_HOST://localhost:{A},"
                                              "PLAINTEXT://broker:{B}",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,"
                                                        "PLAINTEXT:PLAINTEXT,"
                                                        "PLAINTEXT_HOST:PLAINTEXT",
                "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
                "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
                "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@broker:{C}",
                "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
                "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
                "KAFKA_LOG_DIRS": "/tmp/kraft-combined-logs"},
        "listeners": [("{A}", "localhost:{A}"), ("{B}", "broker:{B}")],
    },
    "cp-kafka with two listeners, which follow from what is advertised": {
        "env": {"KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://broker:{A},"
                                              "PLAINTEXT_HOST://localhost:{B}",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,"
                                                        "PLAINTEXT_HOST:PLAINTEXT",
                "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "3",
                "KAFKA_JMX_PORT": "9101", "KAFKA_JMX_HOSTNAME": "localhost",
                "KAFKA_HEAP_OPTS": "-Xmx512M", "KAFKA_CONFLUENT_SUPPORT_METRICS_ENABLE": "false",
                "KAFKA_PROCESS_ROLES": "broker,controller", "KAFKA_NODE_ID": "1",
                "CLUSTER_ID": "MkU3OEVBNTcwNTJENDM2Qk"},
        "listeners": [("{A}", "broker:{A}"), ("{B}", "localhost:{B}")],
        "said": ["because there is no JVM: KAFKA_HEAP_OPTS, KAFKA_JMX_HOSTNAME, KAFKA_JMX_PORT"],
    },
    "variables of the ZooKeeper era": {
        "env": {"KAFKA_BROKER_ID": "7", "KAFKA_ZOOKEEPER_CONNECT": "zookeeper:2181",
                "KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS": "6000",
                "KAFKA_ADVERTISED_LISTENERS": "INTERNAL://kafka:{A},EXTERNAL://localhost:{B}",
                "KAFKA_LISTENERS": "INTERNAL://0.0.0.0:{A},EXTERNAL://0.0.0.0:{B}",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT",
                "KAFKA_INTER_BROKER_LISTENER_NAME": "INTERNAL",
                "KAFKA_CREATE_TOPICS": "orders:3:1,events:1:1:compact"},
        "listeners": [("{A}", "kafka:{A}"), ("{B}", "localhost:{B}")],
        "said": ["there is no ZooKeeper: KAFKA_ZOOKEEPER_CONNECT, "
                 "KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS",
                 "[KafkaServer id=7] started", "created topic orders with 3 partitions"],
    },
    "wurstmeister's host and port": {
        "env": {"KAFKA_ADVERTISED_HOST_NAME": "localhost", "KAFKA_ADVERTISED_PORT": "{A}",
                "KAFKA_ZOOKEEPER_CONNECT": "z:2181"},
        "listeners": [("{A}", "localhost:{A}")],
    },
    "bitnami": {
        "env": {"KAFKA_CFG_NODE_ID": "0", "KAFKA_CFG_PROCESS_ROLES": "controller,broker",
                "KAFKA_CFG_LISTENERS": "PLAINTEXT://:{A},CONTROLLER://:{C},EXTERNAL://:{B}",
                "KAFKA_CFG_ADVERTISED_LISTENERS": "PLAINTEXT://kafka:{A},"
                                                  "EXTERNAL://localhost:{B}",
                "KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,"
                                                            "EXTERNAL:PLAINTEXT,"
                                                            "PLAINTEXT:PLAINTEXT",
                "KAFKA_CFG_CONTROLLER_QUORUM_VOTERS": "0@kafka:{C}",
                "KAFKA_CFG_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
                "KAFKA_KRAFT_CLUSTER_ID": "any text", "ALLOW_PLAINTEXT_LISTENER": "yes"},
        "listeners": [("{A}", "kafka:{A}"), ("{B}", "localhost:{B}")],
    },
    "a mounted file alone": {
        "file": "node.id=3\nprocess.roles=broker,controller\n"
                "listeners=PLAINTEXT://0.0.0.0:{A},CONTROLLER://localhost:{C}\n"
                "advertised.listeners=PLAINTEXT://localhost:{A}\n"
                "controller.listener.names=CONTROLLER\n",
        "listeners": [("{A}", "localhost:{A}")],
        "said": ["[KafkaServer id=3] started"],
    },
    "one variable over a mounted file": {
        "file": "node.id=3\nlisteners=PLAINTEXT://:{A}\n",
        "env": {"KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://elsewhere:{B}"},
        "listeners": [("{A}", "elsewhere:{B}")],
    },
    "words after the command win over the environment": {
        "env": {"KAFKA_LISTENERS": "PLAINTEXT://:1"},
        "arguments": ["KAFKA_LISTENERS=PLAINTEXT://:{A}"],
        "listeners": [("{A}", "localhost:{A}")],
    },
    "spaces, commas too many, an own name, no host": {
        "env": {"KAFKA_LISTENERS": " TC-0://:{A} ,, my_net://127.0.0.1:{B},",
                "KAFKA_ADVERTISED_LISTENERS": "TC-0://host.docker.internal:{A},"},
        "listeners": [("{A}", "host.docker.internal:{A}"), ("{B}", "127.0.0.1:{B}")],
    },
    "a host name to bind to": {
        "env": {"KAFKA_LISTENERS": "PLAINTEXT://localhost:{A}"},
        "listeners": [("{A}", "localhost:{A}")],
    },
    "Testcontainers for Java": {
        "env": {"KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:{A},BROKER://0.0.0.0:{B},"
                                   "CONTROLLER://0.0.0.0:{C}",
                "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://localhost:32768,BROKER://abcdef:{B}",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
                                                        "CONTROLLER:PLAINTEXT",
                "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
                "KAFKA_PROCESS_ROLES": "broker,controller",
                "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER", "KAFKA_NODE_ID": "1",
                "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:{C}",
                "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
                "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
                "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
                "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
                "KAFKA_LOG_FLUSH_INTERVAL_MESSAGES": LONG,
                "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
                "CLUSTER_ID": "4L6g3nShT-eMCtK--X86sw"},
        "listeners": [("{A}", "localhost:32768"), ("{B}", "abcdef:{B}")],
    },
    "Testcontainers for .NET": {
        "env": {"KAFKA_LISTENERS": "PLAINTEXT://:{A},BROKER://:{B},CONTROLLER://:{C}",
                "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://127.0.0.1:32769,BROKER://c:{B},",
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,"
                                                        "PLAINTEXT:PLAINTEXT",
                "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:{C}", "KAFKA_NODE_ID": "1"},
        "listeners": [("{A}", "127.0.0.1:32769"), ("{B}", "c:{B}")],
    },
    "a quorum of three": {
        "env": {"KAFKA_CONTROLLER_QUORUM_VOTERS": "1@a:9093,2@b:9093,3@c:9093"},
        "refused": ["1@a:9093,2@b:9093,3@c:9093", "controller.quorum.voters", "one node"],
    },
    "topics that nobody can read": {
        "env": {"KAFKA_CREATE_TOPICS": "orders:three:1"},
        "refused": ["orders:three:1", "KAFKA_CREATE_TOPICS"],
    },
    "a bad number": {
        "env": {"KAFKA_NUM_PARTITIONS": "many"},
        "refused": ["many", "num.partitions"],
    },
}
