# SPDX-License-Identifier: Apache-2.0
"""How the workers of the group suites are started, by client library (groups.py tells what a
worker is). Fetches and builds what is missing, once."""

import pathlib
import shutil
import subprocess

import golang
import java as java_programs
from broker import venv_python
from once import preparing

SUITES = pathlib.Path(__file__).resolve().parents[1]


def java(_binary):
    return java_programs.command("4.3.0", "GroupWorker")


def franz_go(_binary):
    return [golang.build(SUITES / "groups_franz_go")]


def sarama(_binary):
    return [golang.build(SUITES / "groups_sarama")]


def kafka_python(_binary):
    folder = SUITES / "groups_kafka_python"
    python = venv_python(folder.name, folder / "requirements.txt")
    return [python, str(folder / "worker.py")]


def kafkajs(_binary):
    """The worker beside its packages in build/kafkajs/."""
    source = SUITES / "groups_kafkajs"
    home = SUITES.parent / "build" / "kafkajs"
    home.mkdir(parents=True, exist_ok=True)
    wanted, stamp = (source / "package.json").read_text(), home / "installed.json"
    with preparing("kafkajs"):
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.copy(source / "package.json", home)
            install = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=home, check=True)
            stamp.write_text(wanted)
    shutil.copy(source / "worker.js", home)
    return ["node", str(home / "worker.js")]


def librdkafka_2_0(binary):
    """With the system's library."""
    program = pathlib.Path(binary).resolve().parent / "interop-tests" / "librdkafka_worker"
    return [str(program)]


def librdkafka(binary):
    """With the newest library, which is the one inside the Python package confluent-kafka, under
    the name that programs ask for."""
    folder = SUITES / "groups_librdkafka"
    home = pathlib.Path(venv_python(folder.name, folder / "requirements.txt")).parents[1]
    found = sorted(home.glob("lib/python*/site-packages/confluent_kafka.libs/librdkafka-*.so*"))
    assert len(found) == 1, f"no librdkafka in {home}"
    (home / "librdkafka").mkdir(exist_ok=True)
    link = home / "librdkafka" / "librdkafka.so.1"
    if link.resolve() != found[0].resolve():  # also where another version was here before
        link.unlink(missing_ok=True)
        link.symlink_to(found[0])
    return ["env", f"LD_LIBRARY_PATH={link.parent}", *librdkafka_2_0(binary)]
