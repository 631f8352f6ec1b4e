# SPDX-License-Identifier: Apache-2.0
"""The clients of the matrix: how each program is made and started, which version of the library it
has, and where that library's source lies. Fetches and builds what is missing, once; versions are
those of the manifest beside each program, never "the newest"."""
import hashlib
import pathlib
import re
import shutil
import subprocess

import java
import judge
from broker import venv_python

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "matrix"


class Client:
    """`make(binary)` gives the command line; BOOTSTRAP PREFIX FEATURE... is appended to it."""

    def __init__(self, name, title, version, make, **more):
        self.name, self.title, self.version, self.make = name, title, version, make
        self.features = more.get("features", judge.FEATURES)
        self.needs = more.get("needs", [])  # programs that the machine must have
        self.fast = more.get("fast", False)
        self.source = more.get("source")  # a folder, once it is made

    def missing(self):
        return [program for program in self.needs if not shutil.which(program)]

    def source_has(self, word):
        """Whether the library's own files have that word; reasons rest on it."""
        files = [path for path in pathlib.Path(self.source()).rglob("*") if path.is_file()]
        assert files, f"no source of {self.name}"
        return any(word.encode() in path.read_bytes() for path in files)


def java_command(version):
    def make(_binary):
        jars = java.libraries(version)
        source = HERE / "java" / "Matrix.java"
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        classes = jars.parent / f"matrix-{digest}"
        if not (classes / "done").exists():
            classes.mkdir(exist_ok=True)
            subprocess.run(["javac", "-nowarn", "-Xlint:-options", "-cp", f"{jars}/*", "-d",
                            str(classes), str(source)], check=True)
            (classes / "done").touch()
        return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                f"{classes}:{jars}/*", "Matrix"]
    return make


def java_client(version, **more):
    return Client(f"java-{version.rsplit('.', 1)[0]}", "Java kafka-clients", version,
                  java_command(version), needs=["java", "javac", "mvn"],
                  source=lambda: java.libraries(version), **more)


def python_client(folder, package, **more):
    """Of interop-tests/matrix/FOLDER, with the versions of its requirements.txt."""
    requirements = HERE / folder / "requirements.txt"
    version = re.search(rf"^{package}==(\S+)$", requirements.read_text(), re.M).group(1)

    def python():
        return venv_python(f"matrix_{folder}", requirements)

    def source():
        home = pathlib.Path(python()).parents[1]
        return next(home.glob(f"lib/python*/site-packages/{more.pop('module', folder)}"))

    return Client(package, f"Python {package}", version,
                  lambda _binary: [python(), str(HERE / folder / "client.py")], source=source,
                  **more)


def all_clients():
    return [
        java_client("4.3.0", fast=True),
        java_client("3.9.1"),
        java_client("2.8.2"),
        python_client("confluent_kafka", "confluent-kafka", fast=True),
    ]

