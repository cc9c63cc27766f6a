"""Real databases on free loopback ports, with their data in the scratch directory, and queries to read back what was stored."""

import base64
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness import beside
from harness.wait import free_port, wait_for


def http(url, body=None, user=None):
    """(status, body) of one request; an HTTP error is an answer, a refused connection is (0, b'')."""
    request = urllib.request.Request(url, data=body)
    if user:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(user).encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


class Server:
    """A database process. `stop` and `start` keep port and data, as in a restart by its administrator."""

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None

    def start(self):
        with open(self.directory / "server.log", "ab") as log:
            command, settings = self.command()
            environment = {**os.environ, **settings}
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        wait_for(self.answers, 60, f"the database to answer; its log is in {self.directory}")
        return self

    def stop(self):
        """In order, with everything on disk."""
        self._process.terminate()
        self._process.wait(timeout=60)

    def kill(self):
        """At once: nobody needs the data any more."""
        self._process.kill()
        self._process.wait(timeout=60)

    def answers(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{type(self).__name__} ended with {self._process.returncode}")
        return http(self.url + self.ready_path)[0] in (200, 204)


class InfluxDb(Server):
    """InfluxDB 1.6. With `user` = (name, password) it demands authentication and that user may do everything."""

    ready_path = "/ping"

    def __init__(self, directory, user=None):
        super().__init__(directory)
        self.user = user
        self._other_port = free_port()

    def command(self):
        (self.directory / "empty.conf").touch()  # else /etc/influxdb/influxdb.conf of the machine would count
        settings = {
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{self._other_port}",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
            "INFLUXDB_HTTP_AUTH_ENABLED": "true" if self.user else "false",
            "INFLUXDB_META_DIR": str(self.directory / "meta"),
            "INFLUXDB_DATA_DIR": str(self.directory / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(self.directory / "wal"),
        }
        return ["influxd", "run", "-config", str(self.directory / "empty.conf")], settings

    def create_admin(self):
        """The only statement that a server with authentication takes before it has a user."""
        name, password = self.user
        self.execute(f"CREATE USER {name} WITH PASSWORD '{password}' WITH ALL PRIVILEGES")

    def execute(self, statement, database=""):
        """Run a statement and return the series of its answer."""
        parameters = urllib.parse.urlencode({"q": statement, "db": database, "epoch": "ns"})
        status, body = http(f"{self.url}/query", parameters.encode(), self.user)
        answer = json.loads(body) if status == 200 else {}
        if status != 200 or "error" in answer["results"][0]:
            raise AssertionError(f"InfluxDB: {statement}: {status} {body[:500]!r}")
        return answer["results"][0].get("series", [])

    def rows(self, database, measurement, **tags):
        """Points as dictionaries of tags, fields and `time`, oldest first: those of the hypervisor that a test is about."""
        return [row for row in self.rows_of_all(database, measurement, **tags) if row.get("host") != beside.HOST]

    def rows_of_all(self, database, measurement, **tags):
        """The same of every hypervisor."""
        where = " AND ".join(f"\"{key}\" = '{value}'" for key, value in tags.items())
        query = f'SELECT * FROM "{measurement}"' + (f" WHERE {where}" if where else "")
        series = self.execute(query, database)
        return [dict(zip(series[0]["columns"], values)) for values in series[0]["values"]] if series else []


class VictoriaMetrics(Server):
    """VictoriaMetrics 1.79, single node. A field becomes the series `measurement_field`, a tag becomes a label."""

    ready_path = "/health"

    def command(self):
        flags = {"httpListenAddr": f"127.0.0.1:{self.port}", "storageDataPath": self.directory / "data",
                 "memory.allowedBytes": "64MB"}
        return ["victoria-metrics"] + [f"-{name}={value}" for name, value in flags.items()], {}

    def series(self, name):
        """[(labels, [values])] of every series of that name. New points become searchable only when flushed."""
        http(self.url + "/internal/force_flush")
        selector = urllib.parse.urlencode({"match[]": f'{{__name__="{name}"}}'})
        _, body = http(f"{self.url}/api/v1/export?{selector}")
        records = [json.loads(line) for line in body.splitlines()]
        return [(record["metric"], record["values"]) for record in records]
