# SPDX-License-Identifier: Apache-2.0
"""What cli_compare asks of both sides. BOOT, PORT and DATA are the broker's; NAME is a name of each
side's own, so that both can create the same thing; FOLDER has files that `run` writes."""

TOOLS = "org.apache.kafka.tools."
SERVER = ["--bootstrap-server", "BOOT"]


def commands_of(script, java_class, rows, server_last=False):
    found = []
    for row in rows:
        usage = row[-1] == "USAGE"
        words = list(row[:-1] if usage else row)
        words = words + SERVER if server_last else SERVER + words
        found.append({"script": script, "class": java_class, "args": words, "usage": usage})
    return found


def alone(script, java_class, rows):
    """Commands that ask no broker."""
    return [{"script": script, "class": java_class, "usage": "USAGE" in row,
             "args": [word for word in row if word != "USAGE"]} for row in rows]


def measured(script, java_class, rows):
    """Commands whose numbers are each run's own: only words and the shape of lines are compared."""
    return [{**command, "measures": True} for command in commands_of(script, java_class, rows)]


TOPICS = commands_of("kafka-topics", TOOLS + "TopicCommand", [
    ["--list"],
    ["--create", "--topic", "NAME", "--partitions", "3", "--config", "retention.ms=-1",
     "--config", "cleanup.policy=compact"],
    ["--create", "--topic", "NAME"],
    ["--create", "--topic", "NAME", "--if-not-exists"],
    ["--create", "--topic", "NAME.dotted"],
    ["--create", "--topic", "bad topic"],
    ["--create", "--topic", "NAME-r", "--replication-factor", "3"],
    ["--create", "--topic", "NAME-p", "--partitions", "0"],
    ["--create", "--topic", "NAME-a", "--replica-assignment", "1,1"],
    ["--create", "--topic", "NAME-d", "--replica-assignment", "1:1"],
    ["--create", "--topic", "NAME-c", "--config", "nope=1"],
    ["--create", "--topic", "NAME-c", "--config", "noequals"],
    ["--create", "USAGE"],
    ["--list", "--topic", "NAME.*"],
    ["--list", "--exclude-internal", "--topic", "NAME"],
    ["--describe", "--topic", "NAME"],
    ["--describe", "--topic", "NAME-a"],
    ["--describe", "--topic", "nosuch"],
    ["--describe", "--topic", "nosuch", "--if-exists"],
    ["--describe", "--topic", "NAME", "--under-replicated-partitions"],
    ["--describe", "--topic", "NAME", "--unavailable-partitions"],
    ["--describe", "--topic", "NAME", "--under-min-isr-partitions"],
    ["--describe", "--topic", "NAME", "--at-min-isr-partitions"],
    ["--describe", "--topic", "NAME", "--topics-with-overrides"],
    ["--describe", "--topic-id", "AAAAAAAAAAAAAAAAAAAAAQ"],
    ["--alter", "--topic", "NAME", "--partitions", "5"],
    ["--alter", "--topic", "NAME", "--partitions", "2"],
    ["--alter", "--topic", "nosuch", "--partitions", "2"],
    ["--alter", "--topic", "NAME", "USAGE"],
    ["--delete", "--topic", "NAME-a"],
    ["--delete", "--topic", "nosuch"],
    ["--delete", "--topic", "nosuch", "--if-exists"],
    ["--list", "--create", "USAGE"],
    ["--nosuch", "USAGE"],
    ["--li", "USAGE"],
    ["-list", "--topic", "NAME"],
    ["--list", "--partitions", "3", "USAGE"],
    ["--list", "extra", "--topic", "NAME"],
    ["USAGE"],
])
TOPICS[1]["needed"] = True  # the others use this topic

RECORDS = [{"topic": "side-a", "produce": "", "partitions": 3, "records": 30,
            "start": 1_700_000_000_000},
           {"topic": "side-b", "produce": "", "partitions": 3, "records": 30,
            "start": 1_700_000_000_000}]

OFFSETS = commands_of("kafka-get-offsets", TOOLS + "GetOffsetShell", [
    ["--topic", "NAME"],
    ["--topic", "NAME", "--partitions", "0,2"],
    ["--topic-partitions", "NAME:1-3,NAME.*:0"],
    ["--topic-partitions", "NAME:-2"],
    ["--topic-partitions", "NAME:3-"],
    ["--time", "earliest", "--topic", "NAME"],
    ["--time", "-3", "--topic", "NAME"],
    ["--time", "1700000010000", "--topic", "NAME"],
    ["--time", "max-timestamp", "--topic", "NAME"],
    ["--time", "earliest-local", "--topic", "NAME"],
    ["--time", "latest-tiered", "--topic", "NAME"],
    ["--topic", "nosuch"],
    ["--exclude-internal-topics", "--topic", "NAME"],
    ["--time", "xx"],
    ["--topic", "NAME", "--partitions", "x"],
    ["--topic", "t", "--topic-partitions", "t"],
])

CLUSTER = commands_of("kafka-cluster", TOOLS + "ClusterTool", [
    ["cluster-id"], ["list-endpoints"], ["unregister", "--id", "9"],
    ["cluster-id", "-c", "FOLDER/client.properties"],
    ["cluster-id", "--command-config", "FOLDER/client.properties"],
    ["cluster-id", "--config", "FOLDER/client.properties"]], server_last=True)

QUORUM = commands_of("kafka-metadata-quorum", TOOLS + "MetadataQuorumCommand", [
    ["describe", "--status"], ["describe", "--replication"],
    ["describe", "--replication", "--human-readable"], ["describe"],
    ["describe", "--status", "--replication"], ["describe", "--status", "--human-readable"],
    ["--command-config", "FOLDER/controller.properties", "add-controller", "--dry-run"],
    ["--command-config", "FOLDER/controller.properties", "add-controller"],
    ["add-controller", "--dry-run"],
    *[["--command-config", f"FOLDER/{name}.properties", "add-controller", "--dry-run"]
      for name in ("no-id", "no-role", "no-directory", "no-listener", "configs")],
    ["remove-controller", "--controller-id", "7", "--controller-directory-id",
     "AAAAAAAAAAAAAAAAAAAAAw", "--dry-run"],
    ["remove-controller", "-i", "7", "-d", "AAAAAAAAAAAAAAAAAAAAAw"],
    ["remove-controller", "-i", "-7", "-d", "AAAAAAAAAAAAAAAAAAAAAw"],
    ["remove-controller", "-i", "7", "-d", "much-too-long-to-be-one-of-these"],
    ["remove-controller", "-i", "7", "USAGE"],
    ["remove-controller", "-d", "AAAAAAAAAAAAAAAAAAAAAw", "USAGE"],
])

VERSIONS = [{"script": "kafka-broker-api-versions", "class": TOOLS + "BrokerApiVersionsCommand",
             "args": SERVER}]

CONSUMER = commands_of("kafka-console-consumer", TOOLS + "consumer.ConsoleConsumer", [
    ["--topic", "NAME", "--from-beginning", "--max-messages", "30"],
    ["--topic", "NAME", "--partition", "1", "--offset", "3", "--max-messages", "2",
     "--formatter-property", "print.key=true", "--formatter-property", "print.timestamp=true",
     "--formatter-property", "print.partition=true", "--formatter-property", "print.offset=true",
     "--formatter-property", "print.headers=true"],
    ["--topic", "NAME", "--partition", "0", "--offset", "earliest", "--max-messages", "3",
     "--property", "print.key=true", "--property", "key.separator=|", "--property",
     "print.value=false"],
    ["--topic", "NAME", "--from-beginning", "--max-messages", "30", "--group", "group-NAME"],
    ["--topic", "NAME", "--timeout-ms", "300", "--group", "group-NAME"],
    ["--topic", "NAME", "--max-messages", "30", "--timeout-ms", "9000", "--command-config",
     "FOLDER/consumer.properties", "--formatter-config", "FOLDER/formatter.properties"],
    ["--topic", "NAME", "--partition", "1", "--offset", "3", "--from-beginning", "USAGE"],
    ["--topic", "NAME", "--offset", "5", "USAGE"],
    ["--topic", "NAME", "--partition", "0", "--offset", "bogus", "USAGE"],
    ["--topic", "NAME", "--group", "g", "--partition", "0", "USAGE"],
    ["USAGE"],
])

CONFIGS = commands_of("kafka-configs", "kafka.admin.ConfigCommand", [
    ["--describe", "--topic", "NAME"],
    ["--describe", "--entity-type", "topics", "--entity-name", "NAME"],
    ["--describe", "--topic", "NAME", "--all"],
    ["--alter", "--topic", "NAME", "--add-config",
     "retention.ms=1000,cleanup.policy=[compact,delete]"],
    ["--describe", "--topic", "NAME"],
    ["--alter", "--topic", "NAME", "--delete-config", "retention.ms"],
    ["--alter", "--topic", "NAME", "--delete-config", "nosuchkey"],
    ["--alter", "--topic", "NAME", "--add-config", "nosuchkey=1"],
    ["--alter", "--topic", "NAME", "--add-config", "bad", "USAGE"],
    ["--alter", "--topic", "NAME", "USAGE"],
    ["--alter", "--topic", "nosuch", "--add-config", "retention.ms=1"],
    ["--describe", "--topic", "nosuch"],
    ["--describe", "--broker", "1"],
    ["--describe", "--broker", "1", "--all"],
    ["--describe", "--entity-type", "brokers"],
    ["--alter", "--broker", "1", "--add-config", "log.cleaner.threads=2"],
    ["--describe", "--broker", "1"],
    ["--alter", "--entity-type", "brokers", "--entity-default", "--add-config",
     "message.max.bytes=2000000"],
    ["--describe", "--broker-defaults"],
    ["--describe", "--broker-logger", "1"],
    ["--alter", "--group", "NAME", "--add-config", "consumer.session.timeout.ms=50000"],
    ["--describe", "--group", "NAME"],
    ["--describe", "--client-metrics", "x"],
    ["--describe", "USAGE"],
    ["--describe", "--entity-type", "users"],
    ["USAGE"],
])

QUOTAS = commands_of("kafka-configs", "kafka.admin.ConfigCommand", [
    ["--alter", "--user", "NAME", "--add-config",
     "producer_byte_rate=10485760,consumer_byte_rate=20"],
    ["--alter", "--user", "NAME", "--client", "c1", "--add-config", "request_percentage=50"],
    ["--alter", "--entity-type", "users", "--entity-name", "NAME", "--entity-type", "clients",
     "--entity-default", "--add-config", "request_percentage=7.5"],
    ["--alter", "--entity-type", "users", "--entity-default", "--add-config",
     "producer_byte_rate=7"],
    ["--alter", "--client-defaults", "--add-config", "controller_mutation_rate=0.0001"],
    ["--alter", "--ip", "10.0.0.1", "--add-config", "connection_creation_rate=7"],
    ["--alter", "--ip-defaults", "--add-config", "connection_creation_rate=9"],
    ["--alter", "--ip", "no such host", "--add-config", "connection_creation_rate=9", "USAGE"],
    ["--alter", "--user", "NAME", "--add-config", "bogus=9", "USAGE"],
    ["--alter", "--client", "NAME", "--add-config", "SCRAM-SHA-256=[password=x]", "USAGE"],
    ["--alter", "--ip", "10.0.0.1", "--add-config", "producer_byte_rate=9", "USAGE"],
    ["--alter", "--user", "NAME", "--add-config", "producer_byte_rate=much", "USAGE"],
    ["--alter", "--user", "NAME", "--delete-config", "request_percentage", "USAGE"],
    ["--describe", "--user", "NAME"],
    ["--describe", "--user", "NAME", "--client", "c1"],
    ["--describe", "--entity-type", "users", "--entity-name", "NAME", "--entity-type", "clients"],
    ["--describe", "--user-defaults"],
    ["--describe", "--client-defaults"],
    ["--describe", "--entity-type", "users"],
    ["--describe", "--entity-type", "clients"],
    ["--describe", "--entity-type", "ips"],
    ["--describe", "--ip", "10.0.0.1"],
    ["--describe", "--ip-defaults"],
    ["--describe", "--user", "nobody"],
    ["--alter", "--user", "NAME", "--delete-config", "producer_byte_rate,consumer_byte_rate"],
    ["--describe", "--user", "NAME"],
    ["--alter", "--user", "scram-NAME", "--add-config",
     "SCRAM-SHA-256=[iterations=8192,password=a,b],SCRAM-SHA-512=[password=secret]"],
    ["--alter", "--user", "scram-NAME", "--add-config",
     "SCRAM-SHA-256=[iterations=8192,password=a,b]"],
    ["--alter", "--user", "scram-NAME", "--add-config", "SCRAM-SHA-512=[password=secret]"],
    ["--describe", "--user", "scram-NAME"],
    ["--describe", "--entity-type", "users", "--entity-name", "scram-NAME"],
    ["--alter", "--user", "scram-NAME", "--add-config", "SCRAM-SHA-256=[iterations=1,password=a]",
     "USAGE"],
    ["--alter", "--user", "scram-NAME", "--add-config", "SCRAM-SHA-256=[pass=a]", "USAGE"],
    ["--alter", "--user", "scram-NAME", "--add-config",
     "SCRAM-SHA-256=[password=a],producer_byte_rate=1", "USAGE"],
    ["--alter", "--user-defaults", "--add-config", "SCRAM-SHA-256=[password=a]", "USAGE"],
    ["--alter", "--user", "scram-NAME", "--delete-config", "SCRAM-SHA-256"],
    ["--alter", "--user", "scram-NAME", "--delete-config", "SCRAM-SHA-512"],
    ["--alter", "--user", "gone-NAME", "--delete-config", "SCRAM-SHA-256"],
    ["--describe", "--entity-type", "users", "--entity-type", "topics", "USAGE"],
    ["--describe", "--entity-type", "users", "--entity-type", "users", "USAGE"],
    ["--describe", "--entity-type", "nonsense", "USAGE"],
    ["--describe", "--entity-type", "users", "--client", "c", "USAGE"],
    ["--describe", "--entity-type", "users", "--entity-name", "a", "--entity-name", "b", "USAGE"],
    ["--alter", "--entity-type", "users", "--add-config", "producer_byte_rate=1", "USAGE"],
    ["--alter", "--broker", "x", "--add-config", "log.cleaner.threads=2", "USAGE"],
    ["--alter", "--topic", "NAME", "--add-config-file", "FOLDER/configs.properties"],
    ["--alter", "--topic", "NAME", "--add-config-file", "FOLDER/none.properties"],
    ["--alter", "--topic", "NAME", "--add-config-file", "FOLDER/configs.properties",
     "--add-config", "retention.ms=1", "USAGE"],
    ["--describe", "--topic", "NAME"],
])

ACLS = commands_of("kafka-acls", TOOLS + "AclCommand", [
    ["--list"],
    ["--list", "--topic", "t"],
    ["--list", "--principal", "User:a"],
    ["--list", "--principal", "nobody"],
    ["--list", "--resource-pattern-type", "match", "--topic", "t"],
    ["--list", "--resource-pattern-type", "bogus", "--topic", "t", "USAGE"],
    ["--add", "--allow-principal", "User:a", "--operation", "Read", "--topic", "t"],
    ["--add", "--allow-principal", "User:a", "--producer", "--topic", "t"],
    ["--add", "--allow-principal", "User:a", "--consumer", "--topic", "t", "--group", "g"],
    ["--add", "--allow-principal", "a", "--operation", "Read", "--topic", "t"],
    ["--add", "--allow-principal", "User:a", "--operation", "Read", "USAGE"],
    ["--add", "--topic", "t", "--operation", "Read", "USAGE"],
    ["--add", "--allow-principal", "User:a", "--topic", "t", "--resource-pattern-type", "any",
     "USAGE"],
    ["--add", "--allow-principal", "User:a", "--producer", "USAGE"],
    ["--add", "--allow-principal", "User:a", "--consumer", "--topic", "t", "USAGE"],
    ["--add", "--allow-principal", "User:a", "--producer", "--operation", "Read", "--topic", "t",
     "USAGE"],
    ["--add", "--deny-principal", "User:a", "--consumer", "--group", "g", "--topic", "t", "USAGE"],
    ["--add", "--idempotent", "--allow-principal", "User:a", "--topic", "t", "USAGE"],
    ["--add", "--principal", "User:a", "--topic", "t", "USAGE"],
    ["--remove", "--allow-principal", "User:a", "--topic", "t", "--force"],
    ["--remove", "--topic", "t", "--force"],
    ["--list", "--add", "USAGE"],
    ["--list", "--allow-principal", "User:a", "USAGE"],
    ["USAGE"],
])

# What the tool prints where there are rules, and where the quorum has voters to remove: on a broker
# of Apache Kafka with an authorizer, for this one has neither. Topics of NAME's own.
ON_KAFKA = commands_of("kafka-metadata-quorum", TOOLS + "MetadataQuorumCommand", [
    ["remove-controller", "-i", "7", "-d", "AAAAAAAAAAAAAAAAAAAAAw"],
    ["remove-controller", "-i", "7", "-d", "AAAAAAAAAAAAAAAAAAAAAw", "--dry-run"],
]) + commands_of("kafka-acls", TOOLS + "AclCommand", [
    ["--list"],
    ["--add", "--allow-principal", "User:a", "--operation", "Read", "--operation", "describe",
     "--topic", "NAME"],
    ["--add", "--allow-principal", "User:a", "--operation", "Read", "--topic", "NAME"],
    ["--add", "--deny-principal", "User:b", "--deny-host", "10.0.0.1", "--deny-host", "10.0.0.2",
     "--topic", "NAME"],
    ["--add", "--allow-principal", "User:p", "--producer", "--topic", "NAME-p",
     "--transactional-id", "NAME"],
    ["--add", "--allow-principal", "User:NAME", "--producer", "--topic", "NAME-p", "--idempotent"],
    ["--add", "--allow-principal", "User:c", "--consumer", "--topic", "NAME-p", "--group", "NAME"],
    ["--add", "--allow-principal", "User:x", "--operation", "All", "--group", "NAME",
     "--resource-pattern-type", "prefixed"],
    ["--add", "--allow-principal", "User:x", "--operation", "CreateTokens", "--user-principal",
     "User:NAME"],
    ["--list", "--topic", "NAME"],
    ["--list", "--group", "NAME", "--resource-pattern-type", "match"],
    ["--list", "--topic", "NAME", "--topic", "NAME-p", "--principal", "User:a", "--principal",
     "User:p"],
    ["--remove", "--allow-principal", "User:a", "--operation", "Read", "--topic", "NAME",
     "--force"],
    ["--list", "--topic", "NAME"],
    ["--remove", "--topic", "NAME", "--force"],
    ["--list", "--topic", "NAME"],
    ["--remove", "--topic", "NAME-p", "--force"],
    ["--remove", "--cluster", "--force"],
])

GROUP_TOOL = ("kafka-consumer-groups", TOOLS + "consumer.group.ConsumerGroupCommand")
GROUPS = commands_of("kafka-consumer-groups", TOOLS + "consumer.group.ConsumerGroupCommand", [
    ["--list"],
    ["--list", "--state"],
    ["--list", "--type"],
    ["--list", "--state", "--type"],
    ["--list", "--state", "Stable"],
    ["--describe", "--group", "group-NAME"],
    ["--describe", "--group", "group-NAME", "--members"],
    ["--describe", "--group", "group-NAME", "--state"],
    ["--describe", "--group", "none"],
    *[["--reset-offsets", "--group", "group-NAME", "--topic", "NAME", *how, mode]
      for how in (["--to-earliest"], ["--to-latest"], ["--to-offset", "3"], ["--to-offset", "99"],
                  ["--to-datetime", "2023-11-14T22:13:40.000"], ["--by-duration", "PT1H"],
                  ["--shift-by", "-2"], ["--to-current"]) for mode in ("--dry-run", "--execute")],
    ["--describe", "--group", "group-NAME"],
    ["--reset-offsets", "--group", "group-NAME", "--topic", "NAME:1", "--to-offset", "2",
     "--execute"],
    ["--reset-offsets", "--group", "group-NAME", "--all-topics", "--to-current", "--export"],
    ["--reset-offsets", "--group", "unheard-NAME", "--topic", "NAME", "--to-latest", "--dry-run"],
    *[["--describe", "--group", "group-NAME", "--verbose", *what]
      for what in ([], ["--offsets"], ["--members"], ["--state"])],
    *[["--reset-offsets", "--group", "group-NAME", "--from-file", f"FOLDER/{file}", mode]
      for file in ("offsets-NAME.csv", "groups-NAME.csv", "broken.json", "none.csv")
      for mode in ("--dry-run", "--execute")],
    ["--describe", "--group", "group-NAME"],
    ["--reset-offsets", "--group", "group-NAME", "--group", "unheard-NAME", "--from-file",
     "FOLDER/groups-NAME.csv", "--dry-run"],
    ["--reset-offsets", "--group", "group-NAME", "--group", "unheard-NAME", "--from-file",
     "FOLDER/offsets-NAME.csv", "--dry-run"],
    ["--reset-offsets", "--group", "unheard-NAME", "--from-file", "FOLDER/groups-NAME.csv",
     "--dry-run"],
    ["--describe", "--group", "group-NAME", "--timeout", "9000"],
    ["--delete-offsets", "--group", "group-NAME", "--topic", "NAME:1"],
    ["--delete-offsets", "--group", "group-NAME", "--topic", "NAME", "--topic", "nosuch"],
    ["--delete-offsets", "--group", "none", "--topic", "NAME"],
    ["--describe", "--group", "group-NAME"],
    ["--validate-regex", "a.*"],
    ["--validate-regex", "a("],
    ["--delete", "--group", "none"],
    ["--delete", "--group", "group-NAME"],
    ["USAGE"],
])

# Groups with a member, which both sides look at.
LIVE_GROUPS = [
    *[{"consume": "", "group": f"live-{protocol}", "topic": "side-a", "protocol": protocol,
       "client": f"member-{protocol}"} for protocol in ("classic", "consumer")],
    *commands_of(*GROUP_TOOL, [
        ["--describe", "--group", f"live-{protocol}", *what, *verbose]
        for protocol in ("classic", "consumer") for what in ([], ["--members"], ["--state"])
        for verbose in ([], ["--verbose"])]),
    *commands_of(*GROUP_TOOL, [
        ["--describe", "--group", "live-classic", "--group", "live-consumer", "--state"],
        ["--reset-offsets", "--group", "live-classic", "--topic", "side-a", "--to-earliest",
         "--execute"],
        ["--list", "--state", "Stable"]]),
    *[{"close": f"member-{protocol}"} for protocol in ("classic", "consumer")],
]

PRODUCER_PERF = ("kafka-producer-perf-test", TOOLS + "ProducerPerformance")
CONSUMER_PERF = ("kafka-consumer-perf-test", TOOLS + "ConsumerPerformance")
SENDS = ["--num-records", "50", "--throughput", "-1"]
PERF = [
    *measured(*PRODUCER_PERF, [
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--command-property", "acks=1",
         "client.id=x", "batch.size=100"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--producer-props", "acks=all",
         "compression.type=zstd"],
        ["--topic", "perf-NAME", "--num-records", "50", "--throughput", "100.5", "--record-size",
         "10", "--reporting-interval", "100"],
        ["--topic", "perf-NAME", *SENDS, "--payload-file", "FOLDER/payloads.txt"],
        ["--topic", "perf-NAME", *SENDS, "--payload-file", "FOLDER/payloads.txt",
         "--payload-delimiter", "[,e]"],
        ["--topic", "perf-NAME", *SENDS, "--payload-file", "FOLDER/none.txt"],
        ["--topic", "count-NAME", *SENDS, "--payload-monotonic"],
        ["--topic", "txn-NAME", *SENDS, "--record-size", "10", "--transactional-id", "perf-NAME",
         "--transaction-duration-ms", "60000"],
        ["--topic", "txn-NAME", *SENDS, "--record-size", "10", "--transaction-duration-ms",
         "60000"],
        ["--topic", "txn-NAME", *SENDS, "--record-size", "10", "--command-property",
         "transactional.id=perf-NAME"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--warmup-records", "20"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--print-metrics"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--producer.config",
         "FOLDER/client.properties"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--command-config",
         "FOLDER/client.properties"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--warmup-records", "50", "USAGE"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "0", "USAGE"],
        ["--topic", "perf-NAME", *SENDS, "USAGE"],
        ["--topic", "perf-NAME", "--num-records", "0", "--throughput", "-1", "--record-size", "1",
         "USAGE"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--transaction-duration-ms", "0",
         "USAGE"],
        ["--topic", "perf-NAME", *SENDS, "--record-size", "10", "--reporting-interval", "0",
         "USAGE"],
    ]),
    *commands_of("kafka-get-offsets", TOOLS + "GetOffsetShell", [
        ["--topic", "perf-NAME|count-NAME|txn-NAME"]]),
    *commands_of("kafka-console-consumer", TOOLS + "consumer.ConsoleConsumer", [
        ["--topic", "count-NAME", "--from-beginning", "--max-messages", "50"],
        ["--topic", "txn-NAME", "--from-beginning", "--max-messages", "150",
         "--formatter-property", "print.value=false", "--formatter-property", "print.offset=true",
         "--isolation-level", "read_committed"]]),
    *measured(*CONSUMER_PERF, [
        ["--topic", "perf-NAME", "--num-records", "400", "--timeout", "20000"],
        ["--include", "perf-NAME", "--num-records", "50", "--timeout", "20000"],
        ["--topic", "perf-NAME", "--num-records", "50", "--hide-header", "--date-format",
         "yyyy/MM/dd'T'HH.mm EEE"],
        ["--topic", "perf-NAME", "--num-records", "50", "--date-format", "bad"],
        ["--topic", "perf-NAME", "--num-records", "400", "--show-detailed-stats",
         "--reporting-interval", "1"],
        ["--topic", "perf-NAME", "--num-records", "400", "--reporting-interval", "0"],
        ["--topic", "perf-NAME", "--num-records", "400", "--group", "perf-NAME", "--timeout",
         "20000"],
        ["--topic", "perf-NAME", "--messages", "50", "--consumer.config",
         "FOLDER/client.properties"],
        ["--topic", "perf-NAME", "--num-records", "50", "--command-config",
         "FOLDER/client.properties", "--command-property", "client.id=y"],
        ["--topic", "perf-NAME", "--num-records", "50", "--fetch-size", "1000",
         "--socket-buffer-size", "65536"],
        ["--topic", "perf-NAME", "--num-records", "99999", "--timeout", "1500"],
        ["--topic", "perf-NAME", "--num-records", "1", "--from-latest", "--timeout", "1500"],
        ["--topic", "perf-NAME", "--num-records", "50", "--print-metrics"],
        ["--topic", "perf-NAME", "--num-records", "5", "--messages", "5", "USAGE"],
        ["--topic", "perf-NAME", "USAGE"],
        ["--topic", "perf-NAME", "--include", "x", "--num-records", "5", "USAGE"],
        ["--num-records", "5", "USAGE"],
    ]),
    *commands_of(*GROUP_TOOL, [["--describe", "--group", "perf-NAME"]]),
]

FEATURE_TOOL = ("kafka-features", TOOLS + "FeatureCommand")
RELEASES = ["3.0", "3.3", "3.3-IV3", "3.9", "3.9-IV0", "4.0-IV2", "4.0.1", "4.1", "4.2-IV0", "4.2",
            "4.3", "4.4", "4.4-IV0", "bogus"]
FEATURES = [
    *commands_of(*FEATURE_TOOL, [
        ["describe"],
        ["describe", "--node-id", "1"],
        *[[action, *dry, *what] for action in ("upgrade", "downgrade")
          for dry in ([], ["--dry-run"])
          for what in (["--feature", "group.version=1"], ["--feature", "metadata.version=99"],
                       ["--metadata", "4.3-IV0"], ["--release-version", "4.3"],
                       ["--feature", "nope=1"], ["--feature", "share.version"])],
        ["upgrade", "--feature", "share.version=0"],
        ["upgrade", "--feature", "share.version=-1"],
        ["upgrade", "--feature", "share.version=1", "--feature", "share.version=1"],
        ["upgrade", "--metadata", "9.9"],
        ["upgrade", "--release-version", "9.9"],
        ["upgrade", "--release-version", "4.3", "--feature", "share.version=1"],
        ["upgrade"],
        ["downgrade", "--feature", "metadata.version=29"],
        ["downgrade", "--feature", "metadata.version=29", "--unsafe", "--dry-run"],
        ["downgrade", "--release-version", "3.9", "--dry-run"],
        ["downgrade", "--feature", "share.version=0"],
        ["describe"],
        ["upgrade", "--feature", "share.version=1"],
        ["disable", "--feature", "share.version", "--dry-run"],
        ["disable", "--feature", "share.version", "--feature", "streams.version", "--dry-run"],
        ["disable", "--feature", "nope"],
        ["disable", "--feature", "share.version", "--unsafe"],
        ["upgrade", "--feature", "share.version=1"],
        ["disable"],
        ["describe"],
    ]),
    *alone(*FEATURE_TOOL, [
        ["version-mapping"],
        *[["version-mapping", "--release-version", release] for release in RELEASES],
        *[["feature-dependencies", "--feature", feature] for feature in (
            "metadata.version=30", "metadata.version=31", "metadata.version=32", "group.version=1",
            "transaction.version=2", "eligible.leader.replicas.version=1",
            "eligible.leader.replicas.version=0", "share.version=2", "nope=1", "nope",
            "share.version=x")],
        ["feature-dependencies", "--feature", "share.version=1", "--feature", "streams.version=1"],
        ["feature-dependencies"],
        ["describe"],
        ["--bootstrap-server", "x:1", "--bootstrap-controller", "x:2", "describe"],
        ["bogus"],
        [],
    ]),
    *alone("kafka-storage", "kafka.tools.StorageTool", [
        ["version-mapping"], ["version-mapping", "-r", "3.9"], ["version-mapping", "-r", "1.0"],
        ["feature-dependencies", "-f", "eligible.leader.replicas.version=1"],
        ["feature-dependencies", "-f", "nope=1"], ["feature-dependencies", "USAGE"],
        ["format", "-t", "x", "USAGE"], ["bogus", "USAGE"]]),
]

OTHERS = [
    *commands_of("kafka-delete-records", TOOLS + "DeleteRecordsCommand", [
        ["--offset-json-file", "FOLDER/NAME.json"],
        ["--offset-json-file", "FOLDER/broken.json"],
        ["--offset-json-file", "FOLDER/none.json"],
        ["USAGE"]]),
    *commands_of("kafka-log-dirs", TOOLS + "LogDirsCommand", [
        ["--describe"],
        ["--describe", "--topic-list", "side-a", "--broker-list", "1"],
        ["--describe", "--topic-list", "nosuch"],
        ["USAGE"]]),
    *commands_of("kafka-transactions", TOOLS + "TransactionsCommand", [
        ["list"],
        ["list", "--duration-filter", "5"],
        ["describe", "--transactional-id", "nobody"],
        ["describe-producers", "--topic", "side-a", "--partition", "0"],
        ["describe-producers", "--topic", "side-a", "--partition", "0", "--broker-id", "1"],
        ["describe-producers", "--topic", "side-a", "USAGE"],
        ["find-hanging", "--topic", "side-a"],
        ["find-hanging", "--broker-id", "1", "--max-transaction-timeout", "0"],
        ["find-hanging"],
        ["find-hanging", "--broker-id", "1", "--partition", "0"],
        ["abort", "--topic", "side-a", "--partition", "0", "--start-offset", "7"],
        ["abort", "--topic", "side-a", "--partition", "0"],
        ["abort", "--topic", "side-a", "--partition", "0", "--producer-id", "1"],
        ["abort", "--topic", "side-a", "--partition", "0", "--producer-id", "1",
         "--producer-epoch", "0"],
        ["forceTerminateTransaction", "--transactionalId", "fresh-NAME"],
        ["list"]]),
]


def dumps(*forms):
    found = []
    for form in forms:
        words = form.split()
        found.append({"script": "kafka-dump-log", "class": TOOLS + "DumpLogSegments",
                      "args": words, "works": True})
    return found


SEGMENT = "00000000000000000000"
DUMP_LOG = dumps(
    f"--files DATA/side-a-0/{SEGMENT}.log",
    f"--print-data-log --files DATA/side-a-0/{SEGMENT}.log",
    f"--print-data-log --skip-record-metadata --files DATA/side-a-0/{SEGMENT}.log",
    f"--max-bytes 100 --files DATA/side-a-0/{SEGMENT}.log",
    f"--key-decoder-class --files DATA/side-a-0/{SEGMENT}.log",
    f"--deep-iteration --files DATA/side-a-1/{SEGMENT}.log,DATA/side-a-1/{SEGMENT}.index",
    f"--offsets-decoder --files DATA/__consumer_offsets-0/{SEGMENT}.log",
    f"--offsets-decoder --skip-record-metadata --files DATA/__consumer_offsets-0/{SEGMENT}.log",
    f"--transaction-log-decoder --files DATA/__transaction_state-0/{SEGMENT}.log",
    f"--transaction-log-decoder --files DATA/side-a-0/{SEGMENT}.log",
    f"--cluster-metadata-decoder --files DATA/__cluster_metadata-0/{SEGMENT}.log",
    "--cluster-metadata-decoder --files CHECKPOINT",
    "--files DATA/bootstrap.checkpoint",
    f"--verify-index-only --files INDEXED/{SEGMENT}.index,INDEXED/{SEGMENT}.timeindex",
    f"--index-sanity-check --files INDEXED/{SEGMENT}.index,INDEXED/{SEGMENT}.timeindex",
    f"--files INDEXED/{SEGMENT}.log,INDEXED/{SEGMENT}.index,INDEXED/{SEGMENT}.timeindex",
    f"--files DAMAGED/{SEGMENT}.index,DAMAGED/{SEGMENT}.timeindex",
    f"--verify-index-only --files DAMAGED/{SEGMENT}.index",
    "--files SNAPSHOT",
    "--files FOLDER/broken.json",
)
COMMANDS = (TOPICS + RECORDS + OFFSETS + CLUSTER + QUORUM + VERSIONS + CONSUMER + CONFIGS + QUOTAS +
            ACLS + LIVE_GROUPS + GROUPS + PERF + FEATURES + OTHERS)

# drop-in health checks, as people write them in compose files.
HEALTH_CHECKS = [
    ["kafka-topics.sh", "--bootstrap-server", "BOOT", "--list"],
    ["kafka-topics", "--bootstrap-server", "BOOT", "--list"],
    ["kafka-broker-api-versions.sh", "--bootstrap-server", "BOOT"],
    ["kafka-broker-api-versions", "--bootstrap-server", "BOOT"],
    ["kafka-cluster.sh", "cluster-id", "--bootstrap-server", ":PORT"],
    ["kafka-metadata-quorum.sh", "--bootstrap-server", "BOOT", "describe", "--status"],
    ["cub", "kafka-ready", "-b", "BOOT", "1", "20"],
    ["ub", "kafka-ready", "1", "40", "-b", "BOOT"],
]
