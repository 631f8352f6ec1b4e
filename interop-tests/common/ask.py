# SPDX-License-Identifier: Apache-2.0
"""Questions as JSON to any broker, through Kafka's own message classes (Ask.java): for suites that
put the same question to Apache Kafka and to ours and compare the answers."""
import json
import subprocess

import reference


class Asker:
    """One Java process that asks whomever; the answer is a dict, see Ask.java."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
             reference.classpath("Ask.java"), "Ask"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)

    def say(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the asker has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{question}: {answer['error']}")
        return answer

    def ask(self, to, api, version, body, connection=""):
        return self.say({"to": to, "api": api, "version": version, "body": body,
                         "connection": connection})

    def send(self, to, api, version, body, connection=""):
        """Without waiting; receive() gives the answer."""
        self.say({"to": to, "api": api, "version": version, "body": body,
                  "connection": connection, "later": True})

    def receive(self, to, connection=""):
        return self.say({"to": to, "wait": True, "connection": connection})
