# SPDX-License-Identifier: Apache-2.0
"""Kafka's command line tools in their documented forms, in the order in which they are run:
later ones see what earlier ones did. BROKER stands for the broker's address, FOLDER for a folder
of files."""

T = "org.apache.kafka.tools."
TOPICS = T + "TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
OFFSETS = T + "GetOffsetShell"
LOG_DIRS = T + "LogDirsCommand"
DELETE_RECORDS = T + "DeleteRecordsCommand"
API_VERSIONS = T + "BrokerApiVersionsCommand"
CLUSTER = T + "ClusterTool"
FEATURES = T + "FeatureCommand"
QUORUM = T + "MetadataQuorumCommand"
ELECTION = T + "LeaderElectionCommand"
REASSIGN = T + "reassign.ReassignPartitionsCommand"
ACLS = T + "AclCommand"
METRICS = T + "ClientMetricsCommand"
TOKENS = T + "DelegationTokenCommand"
PRODUCER_PERF = T + "ProducerPerformance"
CONSUMER_PERF = T + "ConsumerPerformance"
VERIFIABLE_PRODUCER = T + "VerifiableProducer"
VERIFIABLE_CONSUMER = T + "VerifiableConsumer"
CONSOLE_PRODUCER = T + "ConsoleProducer"
CONSOLE_CONSUMER = T + "consumer.ConsoleConsumer"
LATENCY = T + "EndToEndLatency"
RESETTER = T + "StreamsResetter"
REPLICAS = T + "ReplicaVerificationTool"
CONSUMER_GROUPS = T + "consumer.group.ConsumerGroupCommand"
ALL_GROUPS = T + "GroupsCommand"
TRANSACTIONS = T + "TransactionsCommand"
DUMP_LOG = T + "DumpLogSegments"
SHARE_GROUPS = T + "consumer.group.ShareGroupCommand"
STREAMS_GROUPS = T + "streams.StreamsGroupCommand"

FILES = {
    "configs.properties": "retention.ms=222000\nsegment.bytes=2097152\n",
    "bad.properties": "no.such.key=1\n",
    "delete.json": '{"version":1,"partitions":[{"topic":"t","partition":0,"offset":2},'
    '{"topic":"t","partition":1,"offset":-1}]}',
    "delete-wrong.json": '{"version":1,"partitions":[{"topic":"t","partition":0,"offset":99999}]}',
    "delete-version.json": '{"version":9,"partitions":[]}',
    "election.json": '{"partitions":[{"topic":"t","partition":0},{"topic":"t","partition":1}]}',
    "election-wrong.json": '{"partitions":[{"topic":"nope","partition":0}]}',
    "move-topics.json": '{"version":1,"topics":[{"topic":"t"}]}',
    "move.json": '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1]},'
    '{"topic":"t","partition":1,"replicas":[1]}]}',
    "move-wrong.json": '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,7]}]}',
    "move-dirs.json": '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1],'
    '"log_dirs":["FOLDER/data"]}]}',
    "move-dirs-wrong.json": '{"version":1,"partitions":[{"topic":"t","partition":0,'
    '"replicas":[1],"log_dirs":["/nowhere"]}]}',
    "move-nothing.json": '{"version":1,"partitions":[]}',
    "client.properties": "client.id=from-a-file\n",
    "formatter.properties": "print.partition=true\n",
    "reader.properties": "parse.key=true\nkey.separator=;\n",
    "payloads.txt": "one,two\nthree\n",
    "offsets.csv": "console,0,2\n",
    "streams-offsets.csv": "t,0,1\n",
    "controller.properties": "node.id=2\nprocess.roles=controller\nlog.dirs=FOLDER/none\n",
}
WITH_FILE = "--command-config FOLDER/client.properties "
TIMED_LOG = "--files FOLDER/data/timed-0/00000000000000000000.log"
TIMED_INDEX = "--files FOLDER/data/timed-0/00000000000000000000.index"


def at(tool, *forms, option="--bootstrap-server"):
    return [(tool, [option, "BROKER", *form.split()], "") for form in forms]


def plain(tool, *forms, text=""):
    return [(tool, [word for word in form.split()], text) for form in forms]


SECTIONS = {
    "kafka-topics": at(
        TOPICS,
        "--list",
        "--create --topic t --partitions 2 --replication-factor 1",
        "--create --topic t",
        "--create --topic t --if-not-exists",
        "--create --topic u --partitions 3 --config retention.ms=1000 "
        "--config cleanup.policy=compact",
        "--create --topic spread --replica-assignment 1,1",
        "--create --topic wrong --replica-assignment 1:7",
        "--create --topic many --replication-factor 3",
        "--create --topic none --partitions 0",
        "--create --topic a.b",
        "--create --topic a_b",
        "--create --topic bad/name",
        "--create --topic configured --config no.such.key=1",
        "--create --topic configured --config retention.ms=abc",
        "--list",
        "--list --exclude-internal",
        "--list --topic t",
        "--describe --topic t",
        "--describe",
        "--describe --topic u",
        "--describe --topics-with-overrides",
        "--describe --under-replicated-partitions",
        "--describe --under-min-isr-partitions",
        "--describe --at-min-isr-partitions",
        "--describe --unavailable-partitions",
        "--describe --exclude-internal",
        "--describe --topic nope",
        "--describe --topic nope --if-exists",
        "--describe --topic t|u",
        "--describe --topic-id AAAAAAAAAAAAAAAAAAAAAw",
        "--describe --partition-size-limit-per-response 1",
        "--alter --topic spread --partitions 4",
        "--alter --topic spread --partitions 2",
        "--alter --topic spread --partitions 4",
        "--alter --topic spread --partitions 5 --replica-assignment 1,1,1,1,1",
        "--alter --topic nope --partitions 4",
        "--alter --topic nope --partitions 4 --if-exists",
        "--alter --topic t --config retention.ms=1",
        "--delete --topic spread",
        "--delete --topic spread",
        "--delete --topic spread --if-exists",
        "--delete",
        "--list",
        WITH_FILE + "--list",
        "--alter --topic t --delete-config retention.ms",
    )
    + plain(TOPICS, "--list", "--version", "--help", ""),
    "console and performance clients": plain(
        CONSOLE_PRODUCER,
        "--bootstrap-server BROKER --topic t --reader-property parse.key=true "
        "--reader-property key.separator=:",
        "--bootstrap-server BROKER --topic console",
        "--bootstrap-server BROKER --topic console --command-property acks=1 "
        "--compression-codec gzip --sync",
        "--bootstrap-server BROKER --topic console --compression-codec zstd --batch-size 1",
        text="k1:one\nk2:two\nk3:three\n",
    )
    + plain(CONSOLE_PRODUCER, "--bootstrap-server BROKER", "--topic t", "--version")
    + plain(
        CONSOLE_CONSUMER,
        "--bootstrap-server BROKER --topic console --from-beginning --max-messages 9 "
        "--timeout-ms 20000",
        "--bootstrap-server BROKER --topic t --from-beginning --max-messages 3 --timeout-ms 20000 "
        "--formatter-property print.key=true",
        "--bootstrap-server BROKER --topic console --from-beginning --max-messages 9 "
        "--timeout-ms 20000 "
        "--formatter-property print.key=true --formatter-property print.partition=false",
        "--bootstrap-server BROKER --include console --from-beginning --max-messages 9 "
        "--timeout-ms 20000 "
        "--group console --command-property auto.commit.interval.ms=100",
        "--bootstrap-server BROKER --topic console --from-beginning --max-messages 9 "
        "--timeout-ms 20000 "
        "--isolation-level read_committed",
        "--bootstrap-server BROKER",
        "--bootstrap-server BROKER --topic t --partition 0 --offset bogus",
        "--version",
    )
    + plain(
        CONSOLE_PRODUCER,
        *[f"--bootstrap-server BROKER --topic options {option}" for option in (
            WITH_FILE,
            "--producer.config FOLDER/client.properties",
            "--producer-property acks=1",
            "--property parse.key=true --property key.separator=;",
            "--reader-config FOLDER/reader.properties",
            "--line-reader org.apache.kafka.tools.LineMessageReader",
            "--line-reader no.such.Class",
            "--request-required-acks 1 --request-timeout-ms 2000",
            "--max-block-ms 9000 --max-memory-bytes 9000000 --max-partition-memory-bytes 9000",
            "--message-send-max-retries 2 --retry-backoff-ms 200 --metadata-expiry-ms 9000",
            "--socket-buffer-size 65536 --timeout 500",
        )],
        text="k;v\n",
    )
    + plain(
        CONSOLE_CONSUMER,
        *["--bootstrap-server BROKER --topic options --from-beginning --max-messages 9 "
          f"--timeout-ms 20000 {option}" for option in (
              WITH_FILE,
              "--consumer.config FOLDER/client.properties",
              "--consumer-property client.id=c",
              "--property print.key=true",
              "--formatter org.apache.kafka.tools.consumer.LoggingMessageFormatter",
              "--formatter-config FOLDER/formatter.properties",
              "--key-deserializer org.apache.kafka.common.serialization.StringDeserializer "
              "--formatter-property print.key=true",
              "--value-deserializer org.apache.kafka.common.serialization.BytesDeserializer",
              "--skip-message-on-error",
              "--enable-systest-events",
          )],
    )
    + plain(
        PRODUCER_PERF,
        *[f"--bootstrap-server BROKER --topic perf2 --num-records 20 --throughput -1 {option}"
          for option in (
              WITH_FILE + "--record-size 10",
              "--producer.config FOLDER/client.properties --record-size 10",
              "--producer-props acks=all --record-size 10",
              "--payload-file FOLDER/payloads.txt",
              "--payload-file FOLDER/payloads.txt --payload-delimiter ,",
              "--payload-monotonic",
              "--record-size 10 --warmup-records 5",
              "--record-size 10 --reporting-interval 1000",
          )],
    )
    + plain(
        PRODUCER_PERF,
        "--bootstrap-server BROKER --topic perf2 --num-records 20 --throughput -1 "
        "--record-size 10 --print-metrics",
        "--bootstrap-server BROKER --topic u --num-records 50 --record-size 10 --throughput -1 "
        "--command-property acks=all",
        "--bootstrap-server BROKER --topic perf --num-records 20 --record-size 10 "
        "--throughput 1000 "
        "--transactional-id perf-txn --transaction-duration-ms 500",
        "--bootstrap-server BROKER --topic t --num-records 5 --throughput -1",
    )
    + plain(
        CONSUMER_PERF,
        "--bootstrap-server BROKER --topic perf --num-records 20 --timeout 20000",
        "--bootstrap-server BROKER --topic perf --num-records 20 --timeout 20000 --hide-header "
        "--group perf-group",
        *[f"--bootstrap-server BROKER --timeout 20000 {option}" for option in (
            WITH_FILE + "--topic perf --num-records 20 --command-property client.id=c",
            "--topic perf --messages 20 --consumer.config FOLDER/client.properties",
            "--include perf2? --num-records 20 --date-format yyyy",
            "--topic perf --num-records 20 --fetch-size 1000 --socket-buffer-size 65536",
            "--topic perf --num-records 20 --print-metrics",
            "--topic perf --num-records 20 --show-detailed-stats --reporting-interval 1",
        )],
        "--bootstrap-server BROKER --topic perf --num-records 1 --from-latest --timeout 1500",
    )
    + plain(
        VERIFIABLE_PRODUCER,
        "--bootstrap-server BROKER --topic verified --max-messages 5 --throughput 1000 --acks -1",
        "--bootstrap-server BROKER --topic verified --max-messages 3 --throughput 1000 "
        "--value-prefix 7 "
        "--repeating-keys 2",
        *[f"--bootstrap-server BROKER --topic verified2 --max-messages 3 {option}" for option in (
            WITH_FILE,
            "--producer.config FOLDER/client.properties",
            "--message-create-time 1700000000000",
        )],
    )
    + plain(
        VERIFIABLE_CONSUMER,
        "--bootstrap-server BROKER --topic verified --group-id verifier --max-messages 8",
        "--bootstrap-server BROKER --topic verified --group-id verifier2 --max-messages 8 "
        "--group-protocol consumer",
        *[f"--bootstrap-server BROKER --topic verified --group-id v{at} --max-messages 8 {option}"
          for at, option in enumerate((
              WITH_FILE,
              "--consumer.config FOLDER/client.properties",
              "--group-instance-id one --session-timeout 20000 --enable-autocommit",
              "--reset-policy earliest --verbose",
              "--assignment-strategy org.apache.kafka.clients.consumer.RoundRobinAssignor",
              "--group-protocol consumer --group-remote-assignor range",
          ))],
    )
    + plain(
        LATENCY,
        "--bootstrap-server BROKER --topic lat --num-records 5 --producer-acks 1 --record-size 20",
        "--bootstrap-server BROKER --topic lat --num-records 5 --producer-acks 7 --record-size 20",
        "--bootstrap-server BROKER --topic lat --num-records 5 --producer-acks all "
        + WITH_FILE + "--record-size 20 --record-key-size 5 --num-headers 2 "
        "--record-header-key-size 3 --record-header-size 4",
    ),
    "kafka-configs": at(
        CONFIGS,
        "--describe --entity-type topics --entity-name t",
        "--describe --topic t --all",
        "--describe --entity-type topics",
        "--alter --topic t --add-config retention.ms=111000,cleanup.policy=[compact,delete]",
        "--describe --topic t",
        "--alter --topic t --add-config-file FOLDER/configs.properties",
        "--alter --topic t --add-config-file FOLDER/bad.properties",
        "--describe --topic t",
        "--alter --topic t --delete-config retention.ms,cleanup.policy",
        "--alter --topic t --delete-config retention.ms",
        "--alter --topic t --delete-config no.such.key",
        "--alter --topic t --add-config no.such.key=1",
        "--alter --topic t --add-config retention.ms=abc",
        "--alter --topic nope --add-config retention.ms=1",
        "--describe --topic nope",
        "--describe --topic t",
        "--describe --entity-type brokers --entity-name 1",
        "--describe --broker 1",
        "--describe --broker 7",
        "--describe --entity-type brokers --entity-default",
        "--describe --broker-defaults",
        "--alter --broker 1 --add-config log.cleaner.threads=2",
        "--describe --broker 1",
        "--alter --broker 1 --delete-config log.cleaner.threads",
        "--alter --broker-defaults --add-config log.retention.ms=700000",
        "--describe --broker-defaults",
        "--alter --broker-defaults --delete-config log.retention.ms",
        "--alter --broker 1 --add-config node.id=7",
        "--alter --broker 1 --add-config log.retention.ms=abc",
        "--alter --broker 7 --add-config log.cleaner.threads=2",
        "--describe --broker-logger 1 --entity-name root",
        "--describe --entity-type groups --entity-name g",
        "--alter --group g --add-config consumer.session.timeout.ms=50000",
        "--describe --group g",
        "--describe --entity-type groups",
        "--alter --group g --add-config consumer.session.timeout.ms=1",
        "--alter --group g --delete-config consumer.session.timeout.ms",
        "--alter --client-metrics m --add-config interval.ms=1000,metrics=[a.b,c.d]",
        "--describe --client-metrics m",
        "--describe --entity-type client-metrics",
        "--alter --client-metrics m --add-config interval.ms=1",
        "--alter --client-metrics m --delete-config interval.ms,metrics",
        "--alter --user alice --add-config producer_byte_rate=1000,consumer_byte_rate=2000",
        "--alter --user alice --client c1 --add-config request_percentage=50",
        "--alter --entity-type users --entity-default --add-config producer_byte_rate=7",
        "--alter --entity-type clients --entity-default --add-config controller_mutation_rate=7.5",
        "--alter --ip 10.0.0.1 --add-config connection_creation_rate=7",
        "--alter --ip-defaults --add-config connection_creation_rate=9",
        "--alter --ip nonsense! --add-config connection_creation_rate=9",
        "--alter --user alice --add-config bogus=9",
        "--describe --user alice",
        "--describe --entity-type users",
        "--describe --entity-type users --entity-type clients",
        "--describe --user-defaults",
        "--describe --client-defaults",
        "--describe --entity-type ips",
        "--describe --ip 10.0.0.1",
        "--alter --user alice --delete-config producer_byte_rate,consumer_byte_rate",
        "--alter --user bob --add-config SCRAM-SHA-256=[iterations=8192,password=secret]",
        "--describe --user bob",
        "--alter --user bob --delete-config SCRAM-SHA-256",
        "--alter --user bob --delete-config SCRAM-SHA-256",
        "--alter --user bob --add-config SCRAM-SHA-1=[password=x]",
        "--describe --entity-type nonsense",
        "--describe",
        "--alter --topic t",
    )
    + at(CONFIGS, WITH_FILE + "--describe --topic t")
    + plain(CONFIGS, "--describe --topic t", "--version"),
    "kafka-get-offsets": at(
        OFFSETS,
        "--topic t",
        "--topic t --time -1",
        "--topic t --time -2",
        "--topic timed --time -3",
        "--topic t --time earliest",
        "--topic t --time latest",
        "--topic timed --time max-timestamp",
        "--topic t --time earliest-local",
        "--topic t --time latest-tiered",
        "--topic t --time earliest-pending-upload",
        "--topic timed --time 1",
        "--topic timed --time 1700000005500",
        "--topic t --time bogus",
        "--topic t --partitions 0",
        "--topic t --partitions 0,9",
        "--topic-partitions t:0,u:1-3",
        "--topic-partitions t:0 --topic t",
        "--topic nope",
        "--topic t|verified --exclude-internal-topics",
        WITH_FILE + "--topic t",
    ),
    "kafka-log-dirs": at(
        LOG_DIRS,
        "--describe",
        "--describe --topic-list t,u",
        "--describe --broker-list 1",
        "--describe --broker-list 7",
        "--describe --topic-list nope",
        WITH_FILE + "--describe --topic-list t",
    ),
    "kafka-delete-records": at(
        DELETE_RECORDS,
        "--offset-json-file FOLDER/delete.json",
        "--offset-json-file FOLDER/delete-wrong.json",
        "--offset-json-file FOLDER/delete-version.json",
        "--offset-json-file FOLDER/none.json",
        WITH_FILE + "--offset-json-file FOLDER/delete.json",
    )
    + at(OFFSETS, "--topic t --time earliest"),
    "kafka-broker-api-versions": at(API_VERSIONS, "", WITH_FILE) + plain(API_VERSIONS, "--version"),
    "kafka-cluster": plain(
        CLUSTER,
        "cluster-id --bootstrap-server BROKER",
        "list-endpoints --bootstrap-server BROKER",
        "list-endpoints --bootstrap-server BROKER --include-fenced-brokers",
        "unregister --bootstrap-server BROKER --id 7",
        *[f"{action} --bootstrap-server BROKER {option} FOLDER/client.properties"
          for action in ("cluster-id", "list-endpoints", "unregister --id 7")
          for option in ("--command-config", "--config")],
    ),
    "kafka-features": plain(
        FEATURES,
        "--bootstrap-server BROKER describe",
        "--bootstrap-server BROKER upgrade --feature group.version=1",
        "--bootstrap-server BROKER upgrade --feature metadata.version=99",
        "--bootstrap-server BROKER upgrade --release-version 4.3",
        "--bootstrap-server BROKER upgrade --release-version 1.0",
        "--bootstrap-server BROKER downgrade --feature metadata.version=29 --dry-run",
        "--bootstrap-server BROKER downgrade --feature share.version=0 --dry-run",
        "--bootstrap-server BROKER disable --feature share.version --dry-run",
        "--bootstrap-server BROKER disable --feature nope",
        *[f"--bootstrap-server BROKER {form}" for form in (
            WITH_FILE + "describe",
            "describe --node-id 1",
            "upgrade --metadata 4.3-IV0",
            "upgrade --feature group.version=1 --dry-run",
            "downgrade --metadata 4.2-IV1 --dry-run",
            "downgrade --release-version 4.2 --dry-run",
            "downgrade --feature metadata.version=29 --unsafe --dry-run",
            "disable --feature share.version --unsafe --dry-run",
        )],
        "version-mapping --release-version 4.3",
        "version-mapping",
        "feature-dependencies --feature transaction.version=2",
    ),
    "kafka-metadata-quorum": plain(
        QUORUM,
        "--bootstrap-server BROKER describe --status",
        "--bootstrap-server BROKER describe --replication",
        "--bootstrap-server BROKER describe --replication --human-readable",
        "--bootstrap-server BROKER describe",
        "--bootstrap-server BROKER remove-controller --controller-id 7 "
        "--controller-directory-id AAAAAAAAAAAAAAAAAAAAAw --dry-run",
        "--bootstrap-server BROKER " + WITH_FILE + "describe --status",
        "--bootstrap-server BROKER add-controller --dry-run",
        "--bootstrap-server BROKER --command-config FOLDER/controller.properties add-controller "
        "--dry-run",
    ),
    "kafka-leader-election": at(
        ELECTION,
        "--election-type preferred --all-topic-partitions",
        "--election-type unclean --all-topic-partitions",
        "--election-type preferred --topic t --partition 0",
        "--election-type unclean --topic t --partition 0",
        "--election-type preferred --topic t",
        "--election-type preferred --path-to-json-file FOLDER/election.json",
        "--election-type preferred --path-to-json-file FOLDER/election-wrong.json",
        "--election-type bogus --all-topic-partitions",
        WITH_FILE + "--election-type preferred --all-topic-partitions",
        "--admin.config FOLDER/client.properties --election-type preferred "
        "--all-topic-partitions",
        "--all-topic-partitions",
    ),
    "kafka-reassign-partitions": at(
        REASSIGN,
        "--generate --topics-to-move-json-file FOLDER/move-topics.json --broker-list 1",
        "--generate --topics-to-move-json-file FOLDER/move-topics.json --broker-list 7",
        "--execute --reassignment-json-file FOLDER/move.json",
        "--verify --reassignment-json-file FOLDER/move.json",
        "--verify --reassignment-json-file FOLDER/move.json --preserve-throttles",
        "--execute --reassignment-json-file FOLDER/move.json --throttle 1000000",
        "--verify --reassignment-json-file FOLDER/move.json",
        "--execute --reassignment-json-file FOLDER/move-wrong.json",
        "--execute --reassignment-json-file FOLDER/move-nothing.json",
        "--cancel --reassignment-json-file FOLDER/move.json",
        "--cancel --reassignment-json-file FOLDER/move.json --preserve-throttles",
        "--generate --topics-to-move-json-file FOLDER/move-topics.json --broker-list 1 "
        "--disable-rack-aware",
        "--execute --reassignment-json-file FOLDER/move.json --additional",
        "--execute --reassignment-json-file FOLDER/move.json "
        "--disallow-replication-factor-change",
        "--execute --reassignment-json-file FOLDER/move-dirs.json "
        "--replica-alter-log-dirs-throttle 1000000",
        "--verify --reassignment-json-file FOLDER/move-dirs.json",
        "--execute --reassignment-json-file FOLDER/move-dirs-wrong.json --timeout 1000",
        "--verify --reassignment-json-file FOLDER/move-dirs-wrong.json",
        "--list",
        WITH_FILE + "--list",
        "--execute",
    ),
    "kafka-acls": at(
        ACLS,
        "--list",
        "--list --topic t",
        "--add --allow-principal User:a --operation Read --topic t",
        "--add --allow-principal User:a --producer --topic t",
        "--add --allow-principal User:a --consumer --topic t --group g",
        "--remove --allow-principal User:a --operation Read --topic t --force",
        "--list --principal User:a",
        "",
        "--add --allow-principal User:a --allow-host 10.0.0.1 --operation All --cluster",
        "--add --deny-principal User:b --deny-host 10.0.0.2 --operation Write --topic p "
        "--resource-pattern-type prefixed",
        "--add --allow-principal User:a --producer --topic t --idempotent --transactional-id x",
        "--add --allow-principal User:a --operation Describe --delegation-token d",
        "--add --allow-principal User:a --operation Bogus --topic t",
        "--list --group g --resource-pattern-type any",
        WITH_FILE + "--list",
        "--add --allow-principal User:a --operation CreateTokens --user-principal User:b",
        "--remove --group g --force",
    ),
    "kafka-client-metrics": at(
        METRICS,
        "--list",
        "--alter --name m --metrics org.apache.kafka.producer. --interval 60000 "
        "--match client_software_name=apache-kafka-java",
        "--list",
        "--describe --name m",
        "--describe",
        "--alter --name m --interval 1",
        "--alter --name m --match bogus=1",
        "--delete --name m",
        "--delete --name nope",
        "--describe --name nope",
        WITH_FILE + "--list",
        "--alter --generate-name --metrics a",
    ),
    "kafka-delegation-tokens": at(
        TOKENS,
        "--create --max-life-time-period -1 --command-config FOLDER/client.properties",
        "--describe --command-config FOLDER/client.properties",
        "--renew --renew-time-period -1 --hmac AAEC --command-config FOLDER/client.properties",
        "--expire --expiry-time-period -1 --hmac AAEC --command-config FOLDER/client.properties",
        "--create --max-life-time-period -1 --renewer-principal User:r --owner-principal User:o "
        "--command-config FOLDER/client.properties",
    ),
    "kafka-replica-verification": plain(
        REPLICAS,
        "--broker-list BROKER --topics-include t --report-interval-ms 500",
        "--broker-list BROKER --topics-include t|u --time -2 --fetch-size 4096 "
        "--max-wait-ms 200 --report-interval-ms 500",
        "--broker-list BROKER --topics-include nope --report-interval-ms 500",
        "--topics-include t",
        "--version",
    ),
    "kafka-streams-application-reset": at(
        RESETTER,
        "--application-id nobody --input-topics t --dry-run",
        "--application-id nobody --input-topics nope",
        "--application-id nobody --input-topics t --to-earliest",
        *[f"--application-id nobody --input-topics t --dry-run {option}" for option in (
            "--config-file FOLDER/client.properties",
            WITH_FILE,
            "--intermediate-topics t",
            "--internal-topics t",
            "--to-latest",
            "--to-offset 1",
            "--shift-by -1",
            "--by-duration PT1H",
            "--to-datetime 2023-11-14T22:13:40.000",
            "--from-file FOLDER/streams-offsets.csv",
            "--force",
        )],
    ),
    "kafka-consumer-groups": at(
        CONSUMER_GROUPS,
        "--list",
        "--list --state",
        "--list --type",
        "--list --state Empty --type classic",
        *[f"--describe --group console {option}" for option in (
            "", "--offsets --verbose", "--members --verbose", "--state --verbose",
            "--timeout 20000", WITH_FILE)],
        "--describe --all-groups --state",
        "--describe --group nobody",
        *[f"--reset-offsets --group console --topic console {option}" for option in (
            "--to-earliest --dry-run", "--to-latest", "--to-offset 1 --execute", "--to-current",
            "--shift-by 1", "--by-duration PT1H", "--to-datetime 2023-11-14T22:13:40.000")],
        "--reset-offsets --group console --from-file FOLDER/offsets.csv --execute",
        "--reset-offsets --group console --all-topics --to-current --export",
        "--reset-offsets --group console --to-current",
        "--delete-offsets --group console --topic console",
        "--delete --group perf-group",
        "--delete --group nobody",
        "--validate-regex a.*",
        "",
    ),
    "kafka-groups": at(
        ALL_GROUPS,
        "--list",
        "--list --consumer",
        "--list --share",
        "--list --streams",
        "--list --group-type classic",
        "--list --protocol consumer",
        WITH_FILE + "--list",
    ),
    "kafka-share-groups, kafka-streams-groups": at(SHARE_GROUPS, "--list")
    + at(STREAMS_GROUPS, "--list"),
    "kafka-transactions": at(
        TRANSACTIONS,
        "list",
        "list --duration-filter 5",
        "list --transactional-id-pattern perf.*",
        "describe --transactional-id perf-txn",
        "describe --transactional-id nobody",
        "describe-producers --topic perf --partition 0",
        "describe-producers --topic perf --partition 0 --broker-id 1",
        "find-hanging --broker-id 1",
        "find-hanging --broker-id 1 --max-transaction-timeout 15",
        "find-hanging --topic perf",
        "find-hanging --topic perf --partition 0",
        "abort --topic perf --partition 0 --start-offset 3",
        "abort --topic perf --partition 0 --producer-id 99 --producer-epoch 0 "
        "--coordinator-epoch 0",
        "forceTerminateTransaction --transactionalId fresh",
        WITH_FILE + "list",
    ),
    "kafka-dump-log": plain(
        DUMP_LOG,
        TIMED_LOG,
        *[f"{option} {TIMED_LOG}" for option in (
            "--print-data-log",
            "--deep-iteration",
            "--print-data-log --skip-record-metadata",
            "--max-bytes 100",
            "--max-message-size 1000",
            "--print-data-log --key-decoder-class "
            "org.apache.kafka.tools.api.DefaultDecoder",
            "--print-data-log --value-decoder-class "
            "org.apache.kafka.tools.api.StringDecoder",
            "--offsets-decoder",
            "--transaction-log-decoder",
            "--cluster-metadata-decoder",
            "--remote-log-metadata-decoder",
            "--share-group-state-decoder",
        )],
        f"--index-sanity-check {TIMED_INDEX}",
        f"--verify-index-only {TIMED_INDEX}",
        "",
    ),
}
