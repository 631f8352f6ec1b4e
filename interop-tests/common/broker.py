# SPDX-License-Identifier: Apache-2.0
"""A real barnabas process for tests: own directory, free ports, ended by its own pid.

Also the little test harness that the interop suites share: Checks counts what passed and closes
with `N passed, N failed`."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from once import preparing


class Broker:
    """Starts `binary serve` on 127.0.0.1 with a free port that stays the same over restarts."""

    def __init__(self, binary, overrides=(), directory=None, keep=False):
        self.binary = str(binary)
        self.overrides = list(overrides)
        self.keep = keep or directory is not None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="barnabas-test-"))
        self.data = self.directory / "data"
        self.log_path = self.directory / "broker.log"
        self.process = None
        self.port = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    def command(self):
        ports_file = self.directory / "ports.json"
        words = [self.binary, "serve", "--ports-file", str(ports_file)]
        settings = [f"listeners=PLAINTEXT://127.0.0.1:{self.port}", f"log.dirs={self.data}",
                    "admin.listener=none",
                    *self.overrides]
        for setting in settings:
            words += ["--override", setting]
        return words, ports_file

    def start(self, deadline_s=60):
        """Gives the seconds until the broker answered ApiVersions."""
        words, ports_file = self.command()
        ports_file.unlink(missing_ok=True)
        begin = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL)
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"broker ended with {self.process.returncode}:\n{self.tail()}")
            if ports_file.exists() and ports_file.stat().st_size:
                try:
                    self.port = json.loads(ports_file.read_text())["PLAINTEXT"]
                    if answers_api_versions(self.port):
                        return time.monotonic() - begin
                except (OSError, ValueError, KeyError):
                    pass
            if time.monotonic() - begin > deadline_s:
                raise RuntimeError(f"broker not ready after {deadline_s} s:\n{self.tail()}")
            time.sleep(0.002)

    def kill(self):
        """kill -9: nothing is flushed, nothing is said."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self, deadline_s=30):
        """SIGTERM and wait; gives the exit code."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
            late = f"broker did not stop within {deadline_s} s:\n{self.tail()}"
            raise RuntimeError(late) from None
        self.process = None
        return code

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def tail(self, lines=40):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def answers_api_versions(port, timeout_s=2):
    """True if ApiVersions v0 is answered without an error on that port."""
    body = b"\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff"
    with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
        connection.settimeout(timeout_s)
        connection.sendall(len(body).to_bytes(4, "big") + body)
        answer = b""
        while len(answer) < 10:
            part = connection.recv(4096)
            if not part:
                return False
            answer += part
    return answer[8:10] == b"\0\0"


class Checks:
    """Counts named checks; a check that raises has failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, check, *arguments):
        begin = time.monotonic()
        try:
            check(*arguments)
        except Exception as problem:  # any problem of a check is that check's failure
            self.failed += 1
            print(f"FAILED {name}: {type(problem).__name__}: {problem}", flush=True)
            return
        self.passed += 1
        print(f"ok     {name} ({time.monotonic() - begin:.1f} s)", flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def venv_python(folder, requirements):
    """A Python with the requirements, in build/venv/; made once."""
    root = pathlib.Path(__file__).resolve().parents[2]
    home = root / "build" / "venv" / folder
    stamp = home / "requirements.done"
    with preparing(f"venv-{folder}"):
        if not stamp.exists() or stamp.read_text() != requirements.read_text():
            shutil.rmtree(home, ignore_errors=True)
            maker = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
            subprocess.run([maker, "-m", "venv", str(home)], check=True)
            subprocess.run([str(home / "bin/pip"), "install", "-q", "--disable-pip-version-check",
                            "-r", str(requirements)], check=True)
            stamp.write_text(requirements.read_text())
    return str(home / "bin/python")


def with_venv(script, folder):
    """Runs `script` again under a virtual environment with the requirements.txt beside it."""
    if os.environ.get("BARNABAS_VENV") == folder:
        return
    requirements = pathlib.Path(script).resolve().parent / "requirements.txt"
    python = venv_python(folder, requirements)
    os.environ["BARNABAS_VENV"] = folder
    os.execv(python, [python, script, *sys.argv[1:]])
