"""The proxy between vmtelem and the database: found where libcurl looks, judged beforehand, shown without its password."""

import base64
import json

import pytest
from conftest import TOKEN, complete
from influx_server import FakeInflux, status

PASSWORD = "Pr0xyS3cret"
LOGIN = f"joe:{PASSWORD}"
URL = "http://influx.example:8181"


def once(vmtelem, proxy, url=URL, **more):
    return vmtelem("once", "--no-spool", **complete(url, DRAIN_TIMEOUT="1s", LOG_LEVEL="trace", **proxy, **more))


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_lines_go_through_the_proxy_with_its_user_and_password(vmtelem, variable):
    seen = []
    with FakeInflux(token=TOKEN) as server:
        def note(exchange):
            exchange.read()
            seen.append(exchange.request.headers.get("proxy-authorization"))
            exchange.reply(204)
        server.everything = note
        done = once(vmtelem, {variable: server.url.replace("http://", f"http://{LOGIN}%40@")})
    assert done.code == 0
    assert PASSWORD not in done.err
    assert seen == ["Basic " + base64.b64encode(f"{LOGIN}@".encode()).decode()]


def test_a_host_in_no_proxy_is_reached_without_it(vmtelem):
    with FakeInflux(token=TOKEN) as server:
        done = once(vmtelem, {"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.0/8"}, server.url)
    assert done.code == 0


@pytest.mark.parametrize("proxy", [f"{LOGIN}@prox y:3128", f"http://{LOGIN}@proxy:31280000", f"ftp://{LOGIN}@proxy",
                                   f"http://{LOGIN}@", LOGIN])
@pytest.mark.parametrize("variable, url", [("http_proxy", URL), ("https_proxy", "https://influx.example"),
                                           ("HTTPS_PROXY", "https://influx.example"), ("ALL_PROXY", URL)])
def test_a_bad_proxy_is_one_fault_that_names_the_variable(vmtelem, variable, url, proxy):
    done = once(vmtelem, {variable: proxy}, url)
    assert (done.code, done.out, len(done.errors())) == (78, "", 1)
    assert done.errors()[0].startswith(f"{variable}: ")
    assert PASSWORD not in done.err and "joe" not in done.err


@pytest.mark.parametrize("quoted", [LOGIN, PASSWORD, base64.b64encode(LOGIN.encode()).decode()])
def test_words_of_a_proxy_about_its_password_are_not_repeated(vmtelem, quoted):
    with FakeInflux() as server:
        server.everything = status(407, f"{quoted} is wrong", "text/plain")
        done = once(vmtelem, {"http_proxy": server.url.replace("http://", f"http://{LOGIN}@")})
    assert "*** is wrong" in done.err and quoted not in done.err


def test_a_proxy_that_is_not_there_is_reported_without_its_password(vmtelem):
    done = once(vmtelem, {"http_proxy": f"http://{LOGIN}@127.0.0.1:9"})
    assert done.code == 69
    assert PASSWORD not in done.err and "joe" not in done.err


def test_show_config_names_the_proxy_without_its_password(vmtelem):
    settings = complete(URL, ALL_PROXY=f"http://{LOGIN}@proxy.example:3128")
    table, env = (vmtelem("show-config", "--format", form, **settings).out for form in ("table", "env"))
    shown = json.loads(vmtelem("show-config", "--format", "json", **settings).out)["proxy"]
    sentence = "INFLUX_URL is reached through the proxy http://***@proxy.example:3128 (ALL_PROXY)."
    assert sentence in table.splitlines() and f"# {sentence}" in env.splitlines()
    assert shown == {"url": "http://***@proxy.example:3128", "source": "ALL_PROXY"}


def test_show_config_names_no_proxy_where_there_is_none(vmtelem):
    settings = complete(URL, http_proxy="http://proxy.example:3128", no_proxy="example")
    assert json.loads(vmtelem("show-config", "--format", "json", **settings).out)["proxy"] is None
    assert "proxy" not in vmtelem("show-config", **settings).out
