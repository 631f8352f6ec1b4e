# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka as the reference: its own tools, and a real one-node broker beside ours. The
jars come from Maven once and stay under build/."""
import hashlib
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import java
from broker import answers_api_versions, free_port

VERSION = "4.3.0"
# What kafka-run-class.sh starts a broker with.
JVM_FLAGS = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
             "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
             "-Djava.awt.headless=true"]


def libraries():
    return java.libraries(VERSION, java.ROOT / "interop-tests" / "java" / "kafka-pom.xml", "kafka")


def classpath(source_name):
    """A class path with that source of interop-tests/java/src, compiled, and Kafka's jars."""
    jars = libraries()
    source = java.SOURCES / source_name
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    classes = jars.parent / f"{source.stem.lower()}-{digest}"
    if not (classes / "done").exists():
        classes.mkdir(exist_ok=True)
        subprocess.run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", str(classes), str(source)],
                       check=True)
        (classes / "done").touch()
    return f"{classes}:{jars}/*"


def tool(class_name, *arguments, heap="256m", **options):
    """Runs one of Kafka's tools; gives its output (both streams), raises where it fails."""
    words = ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-cp", f"{libraries()}/*", class_name]
    done = subprocess.run([*words, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **options)
    lines = [line for line in done.stdout.splitlines() if "SLF4J" not in line]
    if done.returncode != 0:
        raise RuntimeError(f"{class_name} ended with {done.returncode}:\n" + "\n".join(lines[-30:]))
    return "\n".join(lines)


class KafkaBroker:
    """One node of Apache Kafka (broker and controller) in a directory of its own."""

    def __init__(self, heap="1G", overrides=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="reference-kafka-"))
        self.heap, self.overrides = heap, list(overrides)
        self.port, self.controller_port = free_port(), free_port()
        self.process = None

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def properties(self):
        return "\n".join([
            "process.roles=broker,controller", "node.id=1",
            f"controller.quorum.bootstrap.servers=127.0.0.1:{self.controller_port}",
            f"listeners=PLAINTEXT://127.0.0.1:{self.port},"
            f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            f"log.dirs={self.directory}/data", "offsets.topic.replication.factor=1",
            "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "group.initial.rebalance.delay.ms=0", *self.overrides, ""])

    def format(self):
        file = self.directory / "server.properties"
        file.write_text(self.properties())
        tool("kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
             "-c", str(file))

    def start(self, deadline_s=120):
        """Gives the seconds from exec to the first answered ApiVersions."""
        log = open(self.directory / "kafka.log", "ab")
        begin = time.monotonic()
        self.process = subprocess.Popen(
            ["java", f"-Xms{self.heap}", f"-Xmx{self.heap}", *JVM_FLAGS, "-cp",
             f"{libraries()}/*", "kafka.Kafka", str(self.directory / "server.properties")],
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        log.close()
        while time.monotonic() - begin < deadline_s:
            try:
                if answers_api_versions(self.port):
                    return time.monotonic() - begin
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        raise RuntimeError((self.directory / "kafka.log").read_text()[-3000:])

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def __enter__(self):
        self.format()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self):
        """kill -9: nothing is flushed, nothing is said."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.process = None
