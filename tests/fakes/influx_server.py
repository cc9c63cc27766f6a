#!/usr/bin/python3
"""A scripted InfluxDB for tests: the write endpoints of v3, v2 and v1 on a loopback port, and every way they can misbehave.

As a module:
    with FakeInflux(token="s3cr3t", script=[status(503), ok]) as server:
        ...  # write to server.url; afterwards look at server.lines and server.requests
As a program, which prints the URL to stderr and every stored line to stdout:
    influx_server.py --port 8181 --token s3cr3t --script status:503 delay:2 ok
"""

import argparse
import socket
import ssl
import struct
import subprocess
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import influx_behaviours
from influx_behaviours import (close_after_body, close_before_body, delay, hang, healthy, html_bad_gateway, html_bad_request,
                               html_ok, huge_body, ok, rate_limited, redirect_for_ever, refuse_lines, status, too_large_above,
                               wrong_json)
from influx_rules import APIS, Refusal, Request, accepted_lines, inflate, refusal_of

__all__ = ["FakeInflux", "make_certificate", "close_after_body", "close_before_body", "delay", "hang", "html_bad_gateway",
           "html_bad_request", "html_ok", "huge_body", "ok", "rate_limited", "redirect_for_ever", "refuse_lines", "status",
           "too_large_above", "wrong_json"]


class FakeInflux:
    """The server. All attributes may be changed while it runs.

    token      what a client has to present; None: no authentication. v1 takes it as the password of `user`.
    databases  None: every database exists; else the names that do, for v2 and v1.
    script     behaviours, one for each write request; when they are used up, `default`.
    everything when set, answers every request, GET too, as a broken proxy in front of the database would.
    refused    lines that it found fault with, and so does again.
    lines      what was stored, in order. requests: every write request with its body and the status it was answered.
    """

    def __init__(self, token=None, user="", databases=None, script=(), port=0, certificate=None):
        self.token, self.user, self.databases = token, user, databases
        self.script, self.default, self.everything = list(script), ok, None
        self.lines, self.requests, self.refused = [], [], set()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._tls = server_tls(certificate) if certificate else None
        self._listener = _Listener(("127.0.0.1", port), _Handler)
        self._listener.fake = self
        self.port = self._listener.server_port
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._listener.shutdown()
        self._listener.server_close()

    def use_certificate(self, certificate):
        """Present another certificate from the next connection on."""
        self._tls = server_tls(certificate)

    def wrap(self, connection):
        """The handshake waits for the thread of that connection; here it would stop all others from connecting."""
        return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) if self._tls else connection

    def next_behaviour(self, request):
        with self._lock:
            if request.api:
                self.requests.append(request)
            if self.everything or not request.api:
                return self.everything or healthy
            return self.script.pop(0) if self.script else self.default

    def store(self, lines):
        with self._lock:
            self.lines += lines


class Exchange:
    """One request under way, and what a behaviour may do with it. The body stays unread until a behaviour asks for it."""

    def __init__(self, handler, server):
        self.handler, self.server = handler, server
        url = urllib.parse.urlsplit(handler.path)
        self.path = url.path
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        api = APIS.get(url.path, "") if handler.command == "POST" else ""
        self.request = Request(api, handler.path, query, headers)
        self._unread = int(headers.get("content-length", 0))

    def read(self):
        """Take the body off the wire and inflate it; does nothing the second time."""
        if self._unread:
            raw, self._unread = self.handler.rfile.read(self._unread), 0
            self.request.wire_bytes = len(raw)
            self.request.body = inflate(raw, self.request.headers.get("content-encoding", "identity"))

    def accept(self):
        try:
            self.read()
            if bad := {i: line for i, line in enumerate(self.request.lines, 1) if line in self.server.refused}:
                raise refusal_of(self.request.api, self.request.lines, bad)
            self.server.store(accepted_lines(self.request, self.server))
            self.reply(204)
        except Refusal as refusal:
            self.refuse(refusal)

    def refuse(self, refusal):
        self.server.store(refusal.stored)
        kind = "application/json" if refusal.body.startswith("{") else "text/plain"
        self.reply(refusal.status, refusal.body, kind)

    def reply(self, code, body="", content_type="application/json", **headers):
        self.read()  # an unread body would be taken for the next request on this connection
        self.request.status = code
        data = body.encode() if isinstance(body, str) else body
        own = {} if code == 204 else {"Content-Type": content_type, "Content-Length": str(len(data))}
        self.handler.send_response(code)
        for name, value in {**own, **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def drop(self):
        """Reset the connection instead of answering."""
        self.handler.close_connection = True
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as the real servers keep them
    disable_nagle_algorithm = True

    def serve(self):
        exchange = Exchange(self, self.server.fake)
        try:
            self.server.fake.next_behaviour(exchange.request)(exchange)
        except Refusal as refusal:  # a body that cannot be inflated
            exchange.refuse(refusal)

    do_GET = do_HEAD = do_POST = serve

    def log_message(self, *_):
        """Silent: the tests look at `requests`."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a hanging client must not keep the server from closing

    def get_request(self):
        connection, address = super().get_request()
        return self.fake.wrap(connection), address

    def shutdown_request(self, request):
        """Just close: the base class would shut down in an orderly way first, and `drop` means a reset."""
        self.close_request(request)

    def handle_error(self, *_):
        """A client that goes away or fails the handshake is no event here."""


def make_certificate(directory, name):
    """A new self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", certificate,
                    "-keyout", key], check=True, capture_output=True)
    return certificate, key


def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def behaviour_named(text):
    """`name` or `name:argument`, as in `ok`, `delay:2`, `status:503`, `refuse_lines:2:7`."""
    name, *arguments = text.split(":")
    behaviour = getattr(influx_behaviours, name)
    return behaviour(*[int(argument) for argument in arguments]) if arguments else behaviour


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token")
    parser.add_argument("--user", default="", help="user name that v1 wants with the token as password")
    parser.add_argument("--script", nargs="*", type=behaviour_named, default=[], help="behaviours of the first requests")
    parser.add_argument("--default", type=behaviour_named, default=ok, help="behaviour after those")
    chosen = parser.parse_args()
    server = FakeInflux(chosen.token, chosen.user, script=chosen.script, port=chosen.port)
    server.default = chosen.default
    server.store = lambda lines: print(*lines, sep="\n", flush=True) if lines else None
    with server:
        print(server.url, file=sys.stderr, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
