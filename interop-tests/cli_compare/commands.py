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
    ["cluster-id"], ["list-endpoints"], ["unregister", "--id", "9"]], server_last=True)

QUORUM = commands_of("kafka-metadata-quorum", TOOLS + "MetadataQuorumCommand", [
    ["describe", "--status"], ["describe", "--replication"],
    ["describe", "--replication", "--human-readable"], ["describe"]])

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
    ["--delete", "--group", "none"],
    ["--delete", "--group", "group-NAME"],
    ["USAGE"],
])

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
    *commands_of("kafka-features", TOOLS + "FeatureCommand", [["describe"]]),
    *commands_of("kafka-transactions", TOOLS + "TransactionsCommand", [
        ["list"],
        ["list", "--duration-filter", "5"],
        ["describe", "--transactional-id", "nobody"]]),
    *[{"script": "kafka-dump-log", "class": TOOLS + "DumpLogSegments", "args": args} for args in (
        ["--files", "DATA/side-a-0/00000000000000000000.log"],
        ["--print-data-log", "--files", "DATA/side-a-0/00000000000000000000.log"],
        ["--deep-iteration", "--files", "DATA/side-a-1/00000000000000000000.log,"
         "DATA/side-a-1/00000000000000000000.index"])],
]

COMMANDS = (TOPICS + RECORDS + OFFSETS + CLUSTER + QUORUM + VERSIONS + CONSUMER + CONFIGS + GROUPS +
            OTHERS)

# (regular expression over script and arguments, may the exit code differ, why)
DIFFERENCES = [
    (r"kafka-configs .*(nosuchkey=1|nosuch --add)", False,
     "one line with the reason, instead of two with a trace"),
    (r"kafka-cluster unregister --id 9", False,
     "one line with the reason, which Kafka's tool tells within its trace"),
    (r"kafka-transactions .*nobody", False, "there is no debug log to point to"),
    (r"kafka-configs .*entity-type users", True, "quotas and SCRAM users are not set by this tool"),
]

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
