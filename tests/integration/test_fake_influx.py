"""The scripted server is itself a yardstick, so it is held against the answers that the real servers give."""

import base64
import gzip
import http.client
import json
import ssl
import threading
import time

import pytest
from influx_server import (FakeInflux, close_after_body, close_before_body, delay, hang, html_bad_gateway, huge_body,
                           make_certificate, rate_limited, redirect_for_ever, refuse_lines, status, too_large_above)

V3 = "/api/v3/write_lp?db=vmstats&precision=nanosecond"
V2 = "/api/v2/write?bucket=vmstats&org=lab&precision=ns"
V1 = "/write?db=vmstats&precision=ns"
GOOD = b"m,vm=a x=1i,y=2.5,z=t 1\nm,vm=b\\ c x=2i 2\n"


def connect(server, context=None):
    if context:
        return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def post(server, path=V3, body=GOOD, token=None, connection=None, **headers):
    connection = connection or connect(server)
    own = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("POST", path, body, {**own, **headers})
    response = connection.getresponse()
    return response.status, response.read().decode(), response.headers


@pytest.mark.parametrize("path", [V3, V2, V1])
def test_good_lines_are_stored_in_order(path):
    with FakeInflux() as server:
        assert post(server, path)[0] == 204
        assert server.lines == GOOD.decode().splitlines()


def test_a_connection_serves_several_requests():
    with FakeInflux(script=[status(503, "busy")]) as server:
        connection = connect(server)
        assert [post(server, connection=connection)[0] for _ in range(3)] == [503, 204, 204]


def test_gzip_is_inflated():
    with FakeInflux() as server:
        post(server, body=gzip.compress(GOOD), **{"Content-Encoding": "gzip"})
        assert server.requests[0].body == GOOD


def test_damaged_gzip_is_refused():
    with FakeInflux() as server:
        assert post(server, body=b"not gzip", **{"Content-Encoding": "gzip"})[0] == 400


def test_an_unknown_encoding_is_refused():
    with FakeInflux() as server:
        assert post(server, **{"Content-Encoding": "zstd"})[:2] == (400, "unacceptable content-encoding: zstd")


@pytest.mark.parametrize("path", [V3, V2, V1])
def test_a_missing_token_is_refused(path):
    with FakeInflux(token="right") as server:
        assert post(server, path)[0] == 401


@pytest.mark.parametrize("path", [V3, V2])
def test_the_right_token_is_accepted_once_it_comes(path):
    with FakeInflux(token="right") as server:
        assert [post(server, path, token=token)[0] for token in ("wrong", "right")] == [401, 204]


def test_v1_takes_user_and_password():
    with FakeInflux(token="right", user="writer") as server:
        basic = base64.b64encode(b"writer:right").decode()
        assert post(server, V1, Authorization=f"Basic {basic}")[0] == 204


def test_v3_calls_an_unknown_scheme_malformed():
    with FakeInflux(token="right") as server:
        assert post(server, Authorization="Digest right")[0] == 400


@pytest.mark.parametrize("path", [V3.replace("nanosecond", "ns"), V2.replace("=ns", "=nanosecond"), V1.replace("=ns", "=us")])
def test_a_precision_that_some_version_misunderstands_is_refused(path):
    with FakeInflux() as server:
        assert post(server, path)[0] == 400


@pytest.mark.parametrize("path", [V2, V1])
def test_an_unknown_database_is_not_found(path):
    with FakeInflux(databases=["other"]) as server:
        assert post(server, path)[0] == 404


def test_v3_stores_the_good_lines_and_numbers_the_bad():
    with FakeInflux() as server:
        code, body, _ = post(server, body=b"m x=1i 1\nm,vm=a 2\nm x=3i 3\n")
        assert (code, [entry["line_number"] for entry in json.loads(body)["data"]]) == (400, [2])
        assert server.lines == ["m x=1i 1", "m x=3i 3"]


def test_v2_stores_nothing_and_quotes_the_bad_line():
    with FakeInflux() as server:
        _, body, _ = post(server, V2, body=b"m x=1i 1\nm,vm=a 2\n")
        assert (json.loads(body)["message"], server.lines) == ("unable to parse 'm,vm=a 2': missing fields", [])


def test_v1_reports_a_partial_write():
    with FakeInflux() as server:
        _, body, _ = post(server, V1, body=b"m x=1i 1\nm,vm=a 2\n")
        assert json.loads(body)["error"].startswith("partial write: unable to parse 'm,vm=a 2'")


def test_the_lines_that_a_script_names_are_refused():
    with FakeInflux(script=[refuse_lines(1)]) as server:
        assert post(server)[0] == 400
        assert server.lines == GOOD.decode().splitlines()[1:]


def test_bytes_that_are_not_utf8_cost_the_whole_request():
    with FakeInflux() as server:
        assert post(server, body=b"m,vm=\xff x=1i 1\n")[0] == 400


def test_a_body_above_the_limit_is_too_large():
    with FakeInflux(script=[too_large_above(10), too_large_above(1000)]) as server:
        assert [post(server)[0] for _ in range(2)] == [413, 204]


def test_a_delay_holds_the_answer_back():
    with FakeInflux(script=[delay(0.3)]) as server:
        start = time.monotonic()
        assert (post(server)[0], time.monotonic() - start >= 0.3) == (204, True)


def test_closing_the_server_ends_a_hanging_request():
    with FakeInflux(script=[hang]) as server:
        threading.Timer(0.2, server.closing.set).start()
        with pytest.raises(OSError):
            post(server)


def test_a_connection_closed_before_the_body_stores_nothing():
    with FakeInflux(script=[close_before_body]) as server:
        with pytest.raises(OSError):
            post(server)
        assert server.lines == []


def test_a_connection_closed_after_the_body_has_stored_it():
    with FakeInflux(script=[close_after_body]) as server:
        with pytest.raises(OSError):
            post(server)
        assert server.lines == GOOD.decode().splitlines()


def test_retry_after_is_sent():
    with FakeInflux(script=[rate_limited(3)]) as server:
        assert post(server)[2]["Retry-After"] == "3"


def test_a_redirect_leads_back_to_itself():
    with FakeInflux(script=[redirect_for_ever]) as server:
        assert post(server)[2]["Location"] == server.url + V3


def test_a_broken_proxy_answers_every_path():
    with FakeInflux() as server:
        server.everything = html_bad_gateway
        connection = connect(server)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 502


def test_a_huge_answer_is_sent_whole():
    with FakeInflux(script=[huge_body]) as server:
        assert len(post(server)[1]) == 10 << 20


def test_tls_shows_the_certificate_that_was_given(tmp_path):
    certificate = make_certificate(tmp_path, "first")
    with FakeInflux(certificate=certificate) as server:
        context = ssl.create_default_context(cafile=certificate[0])
        assert post(server, connection=connect(server, context))[0] == 204


def test_another_certificate_counts_from_the_next_connection(tmp_path):
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    with FakeInflux(certificate=first) as server:
        server.use_certificate(second)
        with pytest.raises(ssl.SSLCertVerificationError):
            post(server, connection=connect(server, ssl.create_default_context(cafile=first[0])))
