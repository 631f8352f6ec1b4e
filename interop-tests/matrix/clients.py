# SPDX-License-Identifier: Apache-2.0
"""The clients of the matrix: how each program is made and started, which version of the library it
has, and where that library's source lies. Fetches and builds what is missing, once; versions are
those of the manifest beside each program, never "the newest"."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import golang
import java
import judge
from broker import venv_python

HERE = pathlib.Path(__file__).resolve().parent
NODE_22 = "node-linux-*/bin/node"  # of the optional package for this kind of machine
BUILD = HERE.parents[1] / "build" / "matrix"


class Client:
    """`make(binary)` gives the command line; BOOTSTRAP PREFIX FEATURE... is appended to it."""

    def __init__(self, name, title, version, make, **more):
        self.name, self.title, self.version, self.make = name, title, version, make
        self.features = more.get("features", judge.FEATURES)
        self.needs = more.get("needs", [])  # programs that the machine must have
        self.fast = more.get("fast", False)
        self.deadline_s = more.get("deadline_s", 60)  # of a feature
        self.source = more.get("source")  # a folder, once it is made

    def missing(self):
        return [program for program in self.needs if not shutil.which(program)]

    def source_has(self, word):
        """Whether the library's own files have that word; reasons rest on it."""
        files = [path for path in pathlib.Path(self.source()).rglob("*") if path.is_file()]
        assert files, f"no source of {self.name}"
        return any(word.encode() in path.read_bytes() for path in files)


JAVA = ["java", "javac", "mvn"]


def java_command(jars, source):
    shared = HERE / "java" / "Features.java"
    digest = hashlib.sha256(source.read_bytes() + shared.read_bytes()).hexdigest()[:12]
    classes = jars.parent / f"matrix-{digest}"
    if not (classes / "done").exists():
        classes.mkdir(exist_ok=True)
        subprocess.run(["javac", "-nowarn", "-Xlint:-options", "-cp", f"{jars}/*", "-d",
                        str(classes), str(shared), str(source)], check=True)
        (classes / "done").touch()
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
            f"{classes}:{jars}/*", source.stem]


def java_client(version, **more):
    program = HERE / "java" / "Matrix.java"
    return Client(f"java-{version.rsplit('.', 1)[0]}", "Java kafka-clients", version,
                  lambda _binary: java_command(java.libraries(version), program), needs=JAVA,
                  source=lambda: java.libraries(version), **more)


def streams_client(version):
    def make(_binary):
        jars = java.libraries(version, HERE.parent / "streams" / "pom.xml", "streams")
        return java_command(jars, HERE / "streams" / "MatrixStreams.java")

    return Client("streams", "Kafka Streams", version, make, needs=JAVA, deadline_s=180,
                  features=judge.STREAMS)


def connect_client(version):
    def make(_binary):
        jars = java.libraries(version, HERE / "connect" / "pom.xml", "connect")
        return ["env", f"CONNECT_JARS={jars}", sys.executable, str(HERE / "connect" / "client.py")]

    return Client("connect", "Kafka Connect standalone", version, make, needs=["java", "mvn"],
                  deadline_s=600, features=judge.CONNECT)


def python_client(folder, package, module=None, **more):
    """Of interop-tests/matrix/FOLDER, with the versions of its requirements.txt."""
    requirements = HERE / folder / "requirements.txt"
    version = re.search(rf"^{package}==(\S+)$", requirements.read_text(), re.M).group(1)

    def python():
        return venv_python(f"matrix_{folder}", requirements)

    def source():
        home = pathlib.Path(python()).parents[1]
        return next(home.glob(f"lib/python*/site-packages/{module or folder}"))

    return Client(package, f"Python {package}", version,
                  lambda _binary: [python(), str(HERE / folder / "client.py")], source=source,
                  **more)


def go_client(name, folder, module, **more):
    manifest = HERE / folder / "go.mod"
    version = re.search(rf"{module} v(\S+)$", manifest.read_text(), re.M).group(1)

    def source():
        words = [golang.go_command(), "list", "-m", "-f", "{{.Dir}}", module]
        done = subprocess.run(words, cwd=manifest.parent, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().strip()

    return Client(name, f"Go {name}", version, lambda _binary: [golang.build(manifest.parent)],
                  needs=["go"], source=source, **more)


class NodeHome:
    """build/matrix/FOLDER with the packages of that folder's package.json and the program."""

    def __init__(self, folder, install):
        self.source, self.home, self.install = HERE / folder, BUILD / folder, install

    def ready(self):
        self.home.mkdir(parents=True, exist_ok=True)
        wanted, stamp = (self.source / "package.json").read_text(), self.home / "installed.json"
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(self.home / "node_modules", ignore_errors=True)
            shutil.copy(self.source / "package.json", self.home)
            self.install(self.home)
            stamp.write_text(wanted)
        for program in (HERE / "harness.js", self.source / "client.js"):
            shutil.copy(program, self.home)
        return self.home


def npm(home, *words):
    subprocess.run(["npm", *words, "--silent", "--no-audit", "--no-fund"], cwd=home, check=True)


def install_librdkafka_for_node(home):
    """Its package fetches a binary from where not every machine reaches: built from its own source
    instead, with the system's libraries (CKJS_LINKING=dynamic)."""
    npm(home, "install", "--ignore-scripts")
    deps = home / "node_modules" / "@confluentinc" / "kafka-javascript" / "deps"
    environment = {**os.environ, "CKJS_LINKING": "dynamic"}
    done = subprocess.run(
        f"cd {deps} && node ../util/configure && cd {home} && "
        "npm rebuild --foreground-scripts --ignore-scripts=false", shell=True, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def node_client(name, folder, package, **more):
    install = more.pop("install", lambda home: npm(home, "install"))
    node, home = more.pop("node", ""), NodeHome(folder, install)
    manifest = json.loads((HERE / folder / "package.json").read_text())

    def make(_binary):
        ready = home.ready()
        inside = sorted((ready / "node_modules").glob(node or "none"))
        return [str(inside[0]) if inside else "node", str(ready / "client.js")]

    return Client(name, f"Node {package}", manifest["dependencies"][package], make,
                  needs=["node", "npm"], source=lambda: home.ready() / "node_modules" / package,
                  **more)


def librdkafka_client():
    """With the system's library, beside the binary that is asked."""
    def make(binary):
        binary = pathlib.Path(binary or HERE.parents[1] / "build" / "release" / "barnabas")
        return [str(binary.resolve().parent / "interop-tests" / "librdkafka_matrix")]

    told = subprocess.run(["pkg-config", "--modversion", "rdkafka"], stdout=subprocess.PIPE,
                          check=True, text=True)
    return Client("librdkafka", "C++ librdkafka", told.stdout.strip(), make, fast=True,
                  source=lambda: "/usr/include/librdkafka")


def rust_client(name):
    """A program of rust/, with what its Cargo.lock pins."""
    folder, target = HERE / "rust", BUILD / "rust"
    lock = (folder / "Cargo.lock").read_text()
    version = re.search(rf'^name = "{name}"\nversion = "(.+)"$', lock, re.M).group(1)

    def make(_binary):
        subprocess.run(["cargo", "build", "--quiet", "--locked", "--bin", name], cwd=folder,
                       env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=True)
        return [str(target / "debug" / name)]

    def source():
        home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
        return next(home.glob(f"registry/src/*/{name}-{version}"))

    return Client(name, f"Rust {name}", version, make, needs=["cargo"], source=source)


def all_clients():
    return [
        java_client("4.3.0", fast=True),
        java_client("3.9.1"),
        java_client("2.8.2"),
        librdkafka_client(),
        python_client("confluent_kafka", "confluent-kafka", fast=True),
        python_client("kafka_python", "kafka-python", "kafka", fast=True),
        python_client("aiokafka", "aiokafka"),
        go_client("franz-go", "go_franz", "github.com/twmb/franz-go", fast=True),
        go_client("sarama", "go_sarama", "github.com/IBM/sarama"),
        go_client("kafka-go", "go_kafka_go", "github.com/segmentio/kafka-go"),
        node_client("kafkajs", "node_kafkajs", "kafkajs", node=NODE_22, fast=True),
        node_client("confluent-node", "node_confluent", "@confluentinc/kafka-javascript",
                    install=install_librdkafka_for_node),
        node_client("platformatic", "node_platformatic", "@platformatic/kafka",
                    node=NODE_22),
        rust_client("rdkafka"),
        rust_client("rskafka"),
        streams_client("4.3.0"),
        connect_client("4.3.0"),
    ]

