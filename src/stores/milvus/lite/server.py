"""Serves one Milvus Lite database to this machine's user until nobody needs it any more.

Beside the command that the milvus-lite package brings, this one listens on a socket that only the user can reach,
says on standard output (one line of JSON) when it is ready or why it cannot be, closes the database on SIGTERM,
and ends after a time without requests, when its standard input ends (`--idle-seconds 0`), or when the database's folder
is deleted.
"""

import argparse
import glob
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import sys
import threading
import time
import types
from concurrent import futures

# One thread serves: with several, batches that were acknowledged can be lost under concurrent writers.
WORKERS = 1
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
CLOSING_SECONDS = 5
WATCHING_SECONDS = 0.2


def say(**message):
    try:
        print(json.dumps(message), flush=True)
    except OSError:
        # Whoever started the engine has gone; others find it by the pointer.
        pass


def stand_in_for_pymilvus():
    """Lets `pymilvus.grpc_gen` be imported without the rest of pymilvus, which costs half a second (pandas)."""
    spec = importlib.util.find_spec("pymilvus")
    if spec is None:
        raise ModuleNotFoundError("No module named 'pymilvus'", name="pymilvus")
    package = types.ModuleType("pymilvus")
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = importlib.machinery.ModuleSpec("pymilvus", None, is_package=True)
    sys.modules["pymilvus"] = package


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--socket", help="path of the Unix socket; a loopback port where it is absent")
    parser.add_argument("--pointer", required=True, help="file that tells other commands where the engine is")
    parser.add_argument("--idle-seconds", type=float, required=True)
    return parser.parse_args()


class Activity:
    """Counts requests in flight, and refuses those that do not carry the token where one is set."""

    def __init__(self, grpc, token):
        self._grpc = grpc
        self._token = token
        self._lock = threading.Lock()
        self._running = 0
        self._last = time.monotonic()

    def idle_seconds(self):
        with self._lock:
            return 0 if self._running else time.monotonic() - self._last

    def intercept_service(self, continuation, details):
        grpc = self._grpc
        handler = continuation(details)
        if handler is None or not handler.unary_unary:
            return handler
        allowed = self._token is None or ("authorization", self._token) in details.invocation_metadata

        def serve(request, context):
            if not allowed:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "this engine belongs to another user")
            with self._lock:
                self._running += 1
            try:
                return handler.unary_unary(request, context)
            finally:
                with self._lock:
                    self._running -= 1
                    self._last = time.monotonic()

        return grpc.unary_unary_rpc_method_handler(
            serve,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def write_pointer(path, address, token, database):
    """Written before anything is said, so that an engine whose starter died can still be found."""
    partial = f"{path}.{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        json.dump({"address": address, "token": token, "database": database, "pid": os.getpid()}, file)
    os.replace(partial, path)


def remove(path):
    if path is None:
        return
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def drop_by_the_schema(module):
    """
    Lets a dropped collection be gone with its first file. The engine deletes the folder of a collection file by file and
    takes it for a collection as long as its schema is there: killed in between, it would leave one that cannot be read.
    """

    def remove_folder(folder, ignore_errors=False):
        remove(os.path.join(folder, module.SCHEMA_FILENAME))
        shutil.rmtree(folder, ignore_errors=ignore_errors)

    module.shutil = types.SimpleNamespace(**{**vars(shutil), "rmtree": remove_folder})


def remove_unfinished_collections(module):
    """
    Of engines that were killed while they made or dropped a collection: without a schema the engine lists no collection,
    and refuses to make one of that name. The working folder is the database, whose lock is held.
    """
    for folder in glob.glob("collections/*") + glob.glob("databases/*/collections/*"):
        if os.path.isdir(folder) and not os.path.exists(os.path.join(folder, module.SCHEMA_FILENAME)):
            shutil.rmtree(folder, ignore_errors=True)


def remove_left_sockets(own):
    """Of engines that died: the database's own lock is held by now, so nobody else serves it. `own` is `name-random.sock`."""
    folder, file = os.path.split(own)
    database = file.rsplit("-", 1)[0]
    for other in os.listdir(folder):
        if other.endswith(".sock") and other.rsplit("-", 1)[0] == database:
            remove(os.path.join(folder, other))


def build_server(grpc, db, activity, arguments):
    from milvus_lite.adapter.grpc.servicer import MilvusServicer
    from pymilvus.grpc_gen import milvus_pb2_grpc

    class Interceptor(grpc.ServerInterceptor):
        def intercept_service(self, continuation, handler_call_details):
            return activity.intercept_service(continuation, handler_call_details)

    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=WORKERS),
        interceptors=[Interceptor()],
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            # Two engines on one port would share its connections.
            ("grpc.so_reuseport", 0),
        ],
    )
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(db), server)
    if arguments.socket is None:
        return server, f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    remove_left_sockets(arguments.socket)
    address = f"unix:{arguments.socket}"
    server.add_insecure_port(address)
    return server, address


class Ownership:
    """Whether the database is still the one that was opened: its folder may be deleted, and another put in its place."""

    def __init__(self, database):
        self._lock = os.path.join(database, "LOCK")
        self._opened = self._identity()

    def _identity(self):
        try:
            status = os.stat(self._lock)
            return status.st_dev, status.st_ino
        except OSError:
            return None

    def lasts(self):
        return self._opened is not None and self._identity() == self._opened


def end_with_the_database(ownership, socket):
    """Ends the process when the database is gone, whatever else it is doing: there is nothing left to close."""

    def watch():
        while ownership.lasts():
            time.sleep(WATCHING_SECONDS)
        remove(socket)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def wait_for_the_end(activity, arguments):
    ended = threading.Event()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: ended.set())

    if arguments.idle_seconds == 0:

        def watch_standard_input():
            while os.read(0, 4096):
                pass
            # Another command may have joined: it keeps the engine for as long as its requests last.
            while activity.idle_seconds() < 0.5:
                time.sleep(0.1)
            ended.set()

        threading.Thread(target=watch_standard_input, daemon=True).start()

    while not ended.wait(timeout=0.5):
        if arguments.idle_seconds > 0 and activity.idle_seconds() > arguments.idle_seconds:
            break


def main():
    arguments = parse_arguments()
    os.umask(0o077)
    if os.path.isfile(arguments.database):
        say(error="old-format", message="the database is a single file")
        return 1
    try:
        stand_in_for_pymilvus()
        import grpc
        from milvus_lite import db as engine
        from milvus_lite.exceptions import DataDirLockedError
    except ImportError as error:
        say(error="missing-package", message=str(error))
        return 1
    try:
        # Paths from the working folder lead nowhere once that is deleted. By its name, what is still being written (by a
        # thread that compacts, or on closing, which takes up to a minute) would make the database anew.
        os.chdir(arguments.database)
        db = engine.MilvusLite(".")
    except DataDirLockedError as error:
        say(error="locked", message=str(error))
        return 1
    except OSError as error:
        say(error="unusable-path", message=str(error))
        return 1

    drop_by_the_schema(engine)
    remove_unfinished_collections(engine)
    ownership = Ownership(arguments.database)
    end_with_the_database(ownership, arguments.socket)
    token = os.environ.get("MILVUS_LITE_TOKEN") or None
    activity = Activity(grpc, token)
    server, address = build_server(grpc, db, activity, arguments)
    server.start()
    write_pointer(arguments.pointer, address, token, arguments.database)
    say(address=address, pid=os.getpid())
    # Whoever started the engine may end before it does; from here on it writes to its log alone.
    os.dup2(2, 1)
    try:
        wait_for_the_end(activity, arguments)
    finally:
        # What stands in the place of a deleted database may have an engine of its own by now.
        if ownership.lasts():
            remove(arguments.pointer)
        remove(arguments.socket)
        server.stop(grace=CLOSING_SECONDS).wait()
        db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
