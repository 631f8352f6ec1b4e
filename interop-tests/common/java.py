# SPDX-License-Identifier: Apache-2.0
"""Java for the suites: fetches a version of kafka-clients with Maven and compiles sources once."""
import hashlib
import pathlib
import shutil
import subprocess

from once import preparing

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "interop-tests" / "java" / "src"


def libraries(kafka_version, pom=None, name="clients"):
    """The folder with the jars of that version."""
    pom = pom or ROOT / "interop-tests" / "java" / "pom.xml"
    home = ROOT / "build" / "java" / f"{name}-{kafka_version}"
    stamp = home / "pom.done"
    with preparing("maven"):
        if not stamp.exists() or stamp.read_bytes() != pom.read_bytes():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            shutil.copy(pom, home / "pom.xml")
            subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies",
                            "-DoutputDirectory=libs", f"-Dkafka.version={kafka_version}"],
                           cwd=home, check=True)
            stamp.write_bytes(pom.read_bytes())
    return home / "libs"


def classpath(kafka_version, main_class):
    """A class path with the compiled program and the client library."""
    jars = libraries(kafka_version)
    source = SOURCES / f"{main_class}.java"
    # A program may use the others' classes.
    sources = b"".join(each.read_bytes() for each in sorted(SOURCES.glob("*.java")))
    digest = hashlib.sha256(main_class.encode() + sources).hexdigest()
    classes = jars.parent / f"classes-{digest[:12]}"
    with preparing(classes.name):
        if not (classes / "done").exists():
            classes.mkdir(exist_ok=True)
            subprocess.run(["javac", "-nowarn", "-cp", f"{jars}/*", "-sourcepath", str(SOURCES),
                            "-d", str(classes), str(source)], check=True)
            (classes / "done").touch()
    return f"{classes}:{jars}/*"


def command(kafka_version, main_class, *arguments):
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
            classpath(kafka_version, main_class), main_class, *arguments]
