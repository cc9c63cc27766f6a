"""Clients of the control server that do not do their part. Each is a function of the port that returns when it is done."""

import os
import random
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress

REQUEST = b"GET /api/telemetry/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SLOW_CLIENTS, LEFT_CONNECTIONS, GARBAGE_REQUESTS = 64, 200, 1000

FLOOD = """
import socket, sys, time
port, until = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
request = b"GET /metrics HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n"
sent = 0
while time.monotonic() < until:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            for _ in range(200):
                connection.sendall(request * 10)
                sent += 10
                connection.recv(1 << 20)
                if time.monotonic() > until: break
    except OSError:
        pass
print(sent)
"""


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def slow(port, seconds):
    """64 that send one byte a second."""
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(port)) for _ in range(SLOW_CLIENTS)]
        for position in range(seconds):
            time.sleep(1)
            for client in clients:
                with suppress(OSError):
                    client.sendall(REQUEST[position:position + 1])


def left(port, seconds):
    """200 connections that are opened and left."""
    with ExitStack() as stack:
        for _ in range(LEFT_CONNECTIONS):
            stack.enter_context(connect(port))
        time.sleep(seconds)


def flood(port, seconds):
    """As many requests as a niced process can offer."""
    subprocess.run(["nice", "-n", "10", sys.executable, "-c", FLOOD, str(port), str(seconds)], check=True, timeout=seconds + 30)


def garbage(port, seconds):
    """1,000 requests of a chance that is always the same."""
    chance, until = random.Random(7), time.monotonic() + seconds
    for _ in range(GARBAGE_REQUESTS):
        with suppress(OSError), connect(port) as client:
            client.settimeout(0.2)
            client.sendall(mutated(chance))
            client.shutdown(socket.SHUT_WR)
            client.recv(65536)
    time.sleep(max(until - time.monotonic(), 0))


def mutated(chance):
    request = bytearray(chance.choice([REQUEST, REQUEST.replace(b"GET", b"POST"), REQUEST * 3, os.urandom(200)]))
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(request))
        request[place:place + chance.randrange(3)] = chance.randbytes(chance.randrange(40))
    return bytes(request)


KINDS = {"slow": slow, "left": left, "flood": flood, "garbage": garbage}
