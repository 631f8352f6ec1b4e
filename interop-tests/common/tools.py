# SPDX-License-Identifier: Apache-2.0
"""Kafka's tools, many of them in one Java process; see interop-tests/java/src/Tools.java."""
import json
import subprocess

import reference


class Tools:
    def __init__(self):
        self.process = subprocess.Popen(
            ["java", "-Xmx384m", "-XX:+UseSerialGC", "-cp", reference.classpath("Tools.java"),
             "Tools"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def say(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the tools have ended at {question}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{question}: {answer['error']}")
        return answer
