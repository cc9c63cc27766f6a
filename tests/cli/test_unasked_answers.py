"""A server that answers a request twice acknowledges no lines but those of that request."""

import contextlib
import gzip
import re
import signal
import socket
import threading
import time

import pytest
from conftest import complete
from test_run import FAST, Log
from harness.wait import wait_for

STORED = b"HTTP/1.1 204 No Content\r\n\r\n"


class AnswersTwice:
    """Stores the first batch of each connection, answers it, answers it again `late_s` later, and reads nothing more."""

    def __init__(self, late_s):
        self.late_s = late_s
        self.lines = []
        self.batches = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection, contextlib.suppress(OSError):
            stream = connection.makefile("rb")
            head = b"".join(iter(stream.readline, b"\r\n"))
            body = stream.read(int(re.search(rb"Content-Length: (\d+)", head)[1]))
            self.lines += gzip.decompress(body).decode().splitlines()
            self.batches += 1
            connection.sendall(STORED)
            time.sleep(self.late_s)
            connection.sendall(STORED)
            connection.recv(1)  # whatever the client begins with its next request, until it goes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()


@pytest.mark.parametrize("late_s", [0, 0.03, 0.25])
def test_lines_that_are_reported_written_are_stored(start, late_s):
    with AnswersTwice(late_s) as server:
        process = start("run", **complete(server.url, **FAST))
        log = Log(process)
        wait_for(lambda: server.batches >= 40, 20, "forty batches")  # beyond the time in which connections are on trial
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        written = int(re.search(r"(\d+) written", log.all())[1])
        assert written == len(set(server.lines))
        assert log.has("answers what nobody asked")
