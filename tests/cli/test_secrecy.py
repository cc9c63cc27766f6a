"""What a server quotes of the token reaches neither the log nor rejected/, however it is written."""

import base64
import json

import pytest
from conftest import complete
from influx_server import FakeInflux, status
from influx_refusals import naming

TOKEN = "kJ8v+Zq/3xW0tR5yPm2nLc7aQe9dUg4hBs6fXi1oVw=="
CODINGS = {
    "as it is": TOKEN,
    "percent": TOKEN.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    "percent for all of it": "".join(f"%{ord(letter):02x}" for letter in TOKEN),
    "Basic": base64.b64encode(f"writer:{TOKEN}".encode()).decode(),
    "JSON": "".join(f"\\u{ord(letter):04x}" for letter in TOKEN),
    "base64 of base64": base64.b64encode(base64.b64encode(f"writer:{TOKEN}".encode())).decode(),
    "decimal numbers": ", ".join(str(byte) for byte in TOKEN.encode()),
    "hexadecimal with colons": TOKEN.encode().hex(":"),
    "capital letters": TOKEN.upper(),
    "quoted-printable": TOKEN.replace("=", "=3D"),
    "entities": "".join(f"&#{ord(letter)};" for letter in TOKEN),
    "its start": TOKEN[:8] + "...",
    "its end": "..." + TOKEN[-8:],
}


def assert_secret(text, coding):
    assert not any(piece in text for piece in (CODINGS[coding], CODINGS[coding][:32], TOKEN[:8], TOKEN[-8:]))


@pytest.mark.parametrize("code, content_type", [(401, "text/plain"), (502, "text/plain"), (400, "application/json")])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_message_does_not_quote_the_token(vmtelem, coding, code, content_type):
    words = f"Authorization: Bearer {CODINGS[coding]} is wrong"
    body = json.dumps({"error": words}) if content_type == "application/json" else words
    with FakeInflux(token=TOKEN) as server:
        server.everything = status(code, body, content_type)
        done = vmtelem("once", "--no-spool", **complete(server.url, INFLUX_TOKEN=TOKEN, DRAIN_TIMEOUT="1s", LOG_LEVEL="trace"))
    assert "Authorization: Bearer" in done.err and "***" in done.err
    assert_secret(done.out + done.err, coding)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_line_that_is_rejected_is_kept_without_the_token(vmtelem, tmp_path, coding):
    words = f"refused to Bearer {CODINGS[coding]}"
    with FakeInflux(token=TOKEN) as server:
        server.default = naming(lambda line: line.startswith("vm_disk"), 400, words)
        done = vmtelem("once", **complete(server.url, INFLUX_TOKEN=TOKEN, SPOOL_DIR=str(tmp_path), DRAIN_TIMEOUT="5s"))
    kept = "".join(path.read_text() for path in tmp_path.glob("*/rejected/*"))
    assert "refused to Bearer" in kept and "***" in kept
    assert_secret(done.out + done.err + kept, coding)
