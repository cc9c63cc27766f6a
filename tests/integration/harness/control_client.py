"""The control server of a `run`, as a test asks it."""

import http.client
import json
import time

ENDPOINTS = ("/", "/healthz", "/readyz", "/metrics", "/sd", "/api/telemetry/status", "/api/telemetry/vms", "/api/telemetry/live-vms",
             "/api/telemetry/vm-telemetry", "/api/telemetry/config")


class ControlClient:
    def __init__(self, port):
        self.port = port

    def get(self, path):
        """Status and body; the body of JSON as what it says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            is_json = answer.headers["Content-Type"].startswith("application/json")
            return answer.status, json.loads(body) if is_json else body
        finally:
            connection.close()

    def answers(self):
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def times_s(self, rounds=5):
        """{endpoint: the quickest of some answers}: what a busy machine adds does not count."""
        return {path: min(self._time_s(path) for _ in range(rounds)) for path in ENDPOINTS}

    def _time_s(self, path):
        began = time.monotonic()
        self.get(path)
        return time.monotonic() - began
