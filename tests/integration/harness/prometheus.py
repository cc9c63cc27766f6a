"""A real Prometheus that finds what it scrapes by the control server's discovery."""

import json
import urllib.parse

from harness.databases import Server, http

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: vmtelem
    http_sd_configs:
      - url: http://127.0.0.1:{port}/sd
"""


class Prometheus(Server):
    ready_path = "/-/ready"

    def __init__(self, directory, control_port):
        super().__init__(directory)
        (directory / "prometheus.yml").write_text(CONFIG.format(port=control_port))

    def command(self):
        return ["prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/tsdb",
                f"--web.listen-address=127.0.0.1:{self.port}"], {}

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        answer = http(f"{self.url}/api/v1/query?query={urllib.parse.quote(expression)}")[1]
        return [(one["metric"], float(one["value"][1])) for one in json.loads(answer)["data"]["result"]]
