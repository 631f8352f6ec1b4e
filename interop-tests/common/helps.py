# SPDX-License-Identifier: Apache-2.0
"""The options of Kafka's command line tools, as their own --help tells: which there are, for which
action of the tool, and whether they take a value. `options_of` asks; the table names the tools."""
import re
import subprocess

import reference

T = "org.apache.kafka.tools."
# Scripts of Kafka's bin/ that are Java programs: class, and what makes it print its help.
SCRIPTS = {
    "kafka-acls": T + "AclCommand",
    "kafka-broker-api-versions": T + "BrokerApiVersionsCommand",
    "kafka-client-metrics": T + "ClientMetricsCommand",
    "kafka-cluster": T + "ClusterTool",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-console-consumer": T + "consumer.ConsoleConsumer",
    "kafka-console-producer": T + "ConsoleProducer",
    "kafka-console-share-consumer": T + "consumer.ConsoleShareConsumer",
    "kafka-consumer-groups": T + "consumer.group.ConsumerGroupCommand",
    "kafka-consumer-perf-test": T + "ConsumerPerformance",
    "kafka-delegation-tokens": T + "DelegationTokenCommand",
    "kafka-delete-records": T + "DeleteRecordsCommand",
    "kafka-dump-log": T + "DumpLogSegments",
    "kafka-e2e-latency": T + "EndToEndLatency",
    "kafka-features": T + "FeatureCommand",
    "kafka-get-offsets": T + "GetOffsetShell",
    "kafka-groups": T + "GroupsCommand",
    "kafka-jmx": T + "JmxTool",
    "kafka-leader-election": T + "LeaderElectionCommand",
    "kafka-log-dirs": T + "LogDirsCommand",
    "kafka-metadata-quorum": T + "MetadataQuorumCommand",
    "kafka-producer-perf-test": T + "ProducerPerformance",
    "kafka-reassign-partitions": T + "reassign.ReassignPartitionsCommand",
    "kafka-replica-verification": T + "ReplicaVerificationTool",
    "kafka-server-start": "kafka.Kafka",
    "kafka-share-consumer-perf-test": T + "ShareConsumerPerformance",
    "kafka-share-groups": T + "consumer.group.ShareGroupCommand",
    "kafka-storage": "kafka.tools.StorageTool",
    "kafka-streams-application-reset": T + "StreamsResetter",
    "kafka-streams-groups": T + "streams.StreamsGroupCommand",
    "kafka-topics": T + "TopicCommand",
    "kafka-transactions": T + "TransactionsCommand",
    "kafka-verifiable-consumer": T + "VerifiableConsumer",
    "kafka-verifiable-producer": T + "VerifiableProducer",
    "kafka-verifiable-share-consumer": T + "VerifiableShareConsumer",
}
# What stands before --help where that alone does not do.
BEFORE_HELP = {"kafka-e2e-latency": ["--bootstrap-server", "b", "--topic", "t"]}
# Their help ends the Java process they are in.
ENDS_JAVA = ("kafka-cluster", "kafka-features", "kafka-metadata-quorum",
             "kafka-verifiable-consumer", "kafka-verifiable-producer",
             "kafka-verifiable-share-consumer")
# An option stands at the beginning of its line: "--topic <String: topic>  The topic ...",
# "-h, --help  ...", "  --controller-id ID, -i ID", "* --topic ..." where it is required.
OPTION = re.compile(r"^ {0,2}(?:\* )?(?:-\w(?: [^\s,-]\S*)?, )?"
                    r"--([A-Za-z][\w.-]*)(?:,|$| (\S.*)|  )")
LETTER = re.compile(r"(?<!\S)-([A-Za-z])(?=[ ,]|$)")


class Option:
    def __init__(self, name, following, letters):
        self.name, self.letters = name, letters
        # "<String: topic>", "TOPIC": a value; "[String]": one that may be left out.
        self.takes_value = bool(re.match(r"<|[A-Z]{2}|host:port", following))
        self.may_take_value = following.startswith("[")


def parse(text):
    """The options that a help text tells of; --help and --version are everybody's."""
    found, lines = {}, text.splitlines()
    for line, after in zip(lines, [*lines[1:], ""]):
        option = OPTION.match(line)
        if not option or option.group(1) in ("help", "version"):
            continue
        name, following = option.group(1), option.group(2) or ""
        if not following and re.match(r" +[<\[]", after):  # a long name has a line of its own
            following = after.strip()
        letters = LETTER.findall(line.strip().partition("  ")[0])
        found.setdefault(name, Option(name, following, letters))
    return found


def actions_in(text):
    """The actions of a tool that has them: "{describe,upgrade}", or a list under "commands:"."""
    braces = re.search(r"\{([a-z-]+(?:,[a-z-]+)+)\}", text)
    if braces:
        return braces.group(1).split(",")
    listed = text.partition("\ncommands:\n")[2]
    return re.findall(r"^ {4}(\w[\w-]*)(?: {2}|$)", listed, re.M)


def help_of(tools, script, action=None):
    words = [*([action] if action else BEFORE_HELP.get(script, [])), "--help"]
    if script not in ENDS_JAVA:
        return tools.say({"tool": SCRIPTS[script], "args": words})["out"]
    command = ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
               f"{reference.libraries()}/*", SCRIPTS[script], *words]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60).stdout


def options_of(tools, script):
    """action (None for the tool itself) -> name -> Option."""
    text = help_of(tools, script)
    found = {None: parse(text)}
    for action in actions_in(text):
        found[action] = parse(help_of(tools, script, action))
    count = sum(map(len, found.values()))
    assert count > 0, f"the help of {script} was not understood: {text[:500]}"
    return found
