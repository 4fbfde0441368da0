"""Runs one Milvus engine for a test and ends it with the test.

    python hold-engine.py server | core | network

`server` is the standalone server of the package `milvus`, `core` the engine of the package `milvus-lite` 2.x. Both are
reached on a free port of 127.0.0.1, which this process listens on and relays to the engine. One line of JSON on the
standard output says that the engine is ready: {"address": "127.0.0.1:40123"}. The engine and its folder are gone after
SIGTERM, SIGINT, or the end of the standard input, which comes when the test's process dies in whatever way. `network`
starts nothing and says by its exit code whether the server would have a network of its own.
"""

import asyncio
import ctypes
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

READY_SECONDS = 180
LOG_BYTES = 6_000
# What an engine that crashes says first; the stacks of all its threads follow, which may be megabytes.
CRASH = re.compile(rb"^(SIGABRT|SIGSEGV|terminate called|fatal error:|panic:)", re.MULTILINE)
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)


def enter_own_network():
    """Moves this process into a network namespace that has loopback alone; False where the system forbids that.

    The server listens on every interface, on ports of which some cannot be chosen and none asks for a password.
    Sockets that are open already stay in the namespace that they were opened in.
    """
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            return False
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError:
            return False
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            (flags,) = struct.unpack_from("H", fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0)), 16)
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))
    except OSError:
        return False
    return True


def start(command, folder, variables):
    """Starts the engine, which the kernel kills when this process ends."""
    with open(folder / "engine.log", "wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        )


def start_server(folder):
    """The standalone server; gives its process, how to connect to it, and whether it is ready."""
    if not enter_own_network():
        print("the server listens on every interface: no network namespace can be made", file=sys.stderr)
    import milvus

    # Unpacked once: it takes longer than the server needs to start.
    programs = Path(sys.prefix) / "milvus-server"
    milvus._initialize_data_files(str(programs))
    configuration = milvus.MilvusServerConfig(data_dir=str(folder))
    configuration.resolve()
    port = configuration.get("proxy_port")
    metrics, reserved = configuration.resolve_port(9091)
    reserved.close()
    process = start(
        [str(programs / "bin" / "milvus"), "run", "standalone"],
        folder,
        {
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(metrics),
            "MILVUS_RUN_DIR": str(folder / "run"),
            "LD_LIBRARY_PATH": str(programs / "bin"),
        },
    )

    def is_ready():
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/healthz", timeout=5) as answer:
            return b"OK" in answer.read()

    return process, lambda: asyncio.open_connection("127.0.0.1", port), is_ready


def start_core(folder):
    """The engine of Milvus Lite 2.x, on a socket in the folder."""
    import milvus_lite

    programs = Path(milvus_lite.__file__).parent / "lib"
    # Paths of sockets are short: the engine works in the folder.
    database = Path(os.environ.get("RAG_TEST_MILVUS_DB", folder / "test.db"))
    process = start(
        [str(programs / "milvus"), str(database), "unix:engine.sock", "ERROR"],
        folder,
        {"LD_LIBRARY_PATH": str(programs)},
    )
    path = str(folder / "engine.sock")

    def is_ready():
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.connect(path)
        return True

    return process, lambda: asyncio.open_unix_connection(path), is_ready


async def pump(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def hold(listener, process, connect, is_ready):
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def on_input():
        if os.read(0, 4096) == b"":
            loop.remove_reader(0)
            over.set()

    loop.add_reader(0, on_input)

    async def relay(reader, writer):
        try:
            upstream_reader, upstream_writer = await connect()
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer))

    deadline = loop.time() + READY_SECONDS
    while not over.is_set():
        if process.poll() is not None:
            raise RuntimeError(f"the engine ended with code {process.returncode} before it was ready")
        if loop.time() > deadline:
            raise RuntimeError(f"the engine was not ready within {READY_SECONDS} s")
        try:
            if await loop.run_in_executor(None, is_ready):
                break
        except OSError:
            await asyncio.sleep(0.1)
    server = await asyncio.start_server(relay, sock=listener)
    print(json.dumps({"address": "127.0.0.1:%d" % listener.getsockname()[1]}), flush=True)

    async def watch():
        while process.poll() is None:
            await asyncio.sleep(0.2)
        raise RuntimeError(f"the engine ended with code {process.returncode}")

    ending, watching = asyncio.create_task(over.wait()), asyncio.create_task(watch())
    await asyncio.wait({ending, watching}, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    if not over.is_set():
        await watching
    watching.cancel()


def excerpt(log):
    """The part of a log that tells why the engine ended: where it crashed, or else its end."""
    crash = CRASH.search(log)
    start = max(0, len(log) - LOG_BYTES if crash is None else crash.start() - LOG_BYTES // 2)
    return log[start : start + LOG_BYTES].decode(errors="replace")


def main():
    if sys.argv[1] == "network":
        sys.exit(0 if enter_own_network() else 1)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    folder = Path(tempfile.mkdtemp(prefix="rag-engine-"))
    process = None
    try:
        process, connect, is_ready = {"server": start_server, "core": start_core}[sys.argv[1]](folder)
        asyncio.run(hold(listener, process, connect, is_ready))
    except RuntimeError as error:
        log = excerpt((folder / "engine.log").read_bytes())
        sys.exit(f"{error}; from its log:\n{log}")
    finally:
        if process is not None:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
