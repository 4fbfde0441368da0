"""Serves the single file of a Milvus Lite 2.x database for as long as standard input is open.

The engine is the binary of the package milvus-lite 2.x. It is started as that package starts it: on a socket, and with the
lock file that lies beside the database, which keeps other programs out. The engine ends when the lock is given up, as the
kernel does for a process that dies in whatever way. One line of JSON says when it is ready, or why it cannot be.
"""

import argparse
import fcntl
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

READY_SECONDS = 50
LOCKED_SECONDS = 10
RETRY_SECONDS = 0.02


def say(**message):
    print(json.dumps(message), flush=True)


def find_engine():
    """The folder of the engine's binary and libraries; None where the package is missing, or of another line."""
    spec = importlib.util.find_spec("milvus_lite")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "lib"
    return folder if (folder / "milvus").exists() else None


def take_lock(path):
    """The open lock file; None where another program keeps the database."""
    deadline = time.monotonic() + LOCKED_SECONDS
    while True:
        file = open(path, "a")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            if time.monotonic() > deadline:
                return None
            time.sleep(RETRY_SECONDS)
            continue
        # Whoever held it may have removed the file meanwhile: then another one lies there, or none.
        try:
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except FileNotFoundError:
            pass
        file.close()


def answers(path):
    try:
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.connect(path)
        return True
    except OSError:
        return False


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def end_with_standard_input(process):
    def watch():
        while os.read(0, 4096):
            pass
        process.terminate()

    threading.Thread(target=watch, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: process.terminate())


def serve(programs, arguments, lock):
    libraries = {name: str(programs) for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")}
    process = subprocess.Popen(
        [str(programs / "milvus"), arguments.database, f"unix:{arguments.socket}", "ERROR", lock],
        env={**os.environ, **libraries},
        stdin=subprocess.DEVNULL,
        # Standard output is for this program's one line.
        stdout=2,
    )
    end_with_standard_input(process)
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and not answers(arguments.socket):
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(RETRY_SECONDS)
    if process.poll() is not None:
        say(error="failed", message="it cannot read the file, or was not ready in time")
        return 1
    say(address=f"unix:{arguments.socket}", pid=os.getpid())
    os.dup2(2, 1)
    while process.poll() is None:
        try:
            process.wait()
        except InterruptedError:
            pass
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--socket", required=True)
    arguments = parser.parse_args()
    os.umask(0o077)
    programs = find_engine()
    if programs is None:
        say(error="missing-package", message="there is no engine of milvus-lite 2.x")
        return 1
    database = Path(arguments.database)
    path = str(database.parent / f".{database.name}.lock")
    try:
        lock = take_lock(path)
    except OSError as error:
        say(error="unusable-path", message=str(error))
        return 1
    if lock is None:
        say(error="locked", message="another program keeps it open")
        return 1
    try:
        return serve(programs, arguments, path)
    finally:
        remove(arguments.socket)
        remove(path)
        lock.close()


sys.exit(main())
