"""Processes that measure on request, only one of which runs at a time."""

import json
import os
import signal
import subprocess
import sys
import threading

# How long a library may take for one answer; compiling can take minutes.
PATIENCE_SECONDS = 1200


class Failure(Exception):
    """What went wrong, in one line."""


def ended(run):
    """The exit code of a command: what ends it early is told in a line. SIGTERM ends the other processes, too."""

    def stop(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        return run()
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def limited_to(count):
    """The environment of a process in which every library takes so many threads."""
    names = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    return {**os.environ, **dict.fromkeys(names, str(count))}


class Server:
    """A process that answers lines. Between questions it is stopped, so that no thread of it can spin."""

    def __init__(self, name, command, environment, log):
        self.name = name
        self.command, self.environment = command, environment
        self.log = log
        with open(log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                command, env=environment, text=True, encoding="utf-8",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )
        self.about = self._read()
        self._stop()

    def ask(self, *words):
        """The answer to a line of words, as a dictionary; an answer that is an error raises."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        answer = self._read()
        self._stop()
        if "error" in answer:
            raise Failure(f"{self.name}: {words[0]}: {answer['error']}")
        return answer

    def peak_memory(self):
        """The most memory that the process has taken so far, in bytes; None where that is not told."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
                fields = dict(line.split(":", 1) for line in status)
            return 1024 * int(fields["VmHWM"].split()[0])
        except (OSError, KeyError):
            return None

    def close(self):
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def again(self):
        """Another process of the same kind, that has done nothing yet."""
        return Server(self.name, self.command, self.environment, f"{self.log}.again")

    def _stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def _read(self):
        watch = Watch(self.process)
        while True:
            with watch:
                line = self.process.stdout.readline()
            if watch.fired:
                raise Failure(f"{self.name}: no answer in {PATIENCE_SECONDS} s")
            if not line:
                raise self._died()
            if line.startswith("{"):
                return json.loads(line)
            # Libraries print to standard output as they please.

    def _died(self):
        self.process.wait()
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        last = lines[-1] if lines else f"exit code {self.process.returncode}"
        return Failure(f"{self.name} ended: {last} (all of it: {self.log})")


class Watch:
    """Kills a process that does not answer in time."""

    def __init__(self, process):
        self.process = process
        self.fired = False

    def __enter__(self):
        def fire():
            self.fired = True
            self.process.kill()

        self.timer = threading.Timer(PATIENCE_SECONDS, fire)
        self.timer.start()

    def __exit__(self, *_):
        self.timer.cancel()
