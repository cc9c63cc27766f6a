"""Ways in which a server answers a request, good and bad. Used by influx_server.py.

A behaviour is a function of one Exchange (see there); some names here are behaviours, others make one from parameters.
"""

from influx_rules import refusal_of

HTML_PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>\n"


def ok(exchange):
    """What a healthy server does: check, store, 204 or its own words of refusal."""
    exchange.accept()


def healthy(exchange):
    """For GET: /health of v3 wants the token, /ping of v1 and v2 does not."""
    wants_token = exchange.path == "/health" and exchange.server.token is not None
    if wants_token and exchange.request.headers.get("authorization", "").partition(" ")[2] != exchange.server.token:
        exchange.reply(401, '{"error": "the request was not authenticated"}')
    elif exchange.path == "/health":
        exchange.reply(200, "OK", "text/plain")
    else:
        exchange.reply(204 if exchange.path == "/ping" else 404)


def status(code, body="", content_type="application/json", **headers):
    """Any answer; an underscore in a header's name stands for a hyphen."""
    return lambda exchange: exchange.reply(code, body, content_type, **headers)


def rate_limited(retry_after):
    """429 as proxies send it; `retry_after` is seconds or an HTTP date."""
    return status(429, '{"error":"too many requests"}', Retry_After=str(retry_after))


def delay(seconds, then=ok):
    """Answer late; closing the server cuts the wait short."""
    def behave(exchange):
        exchange.read()
        exchange.server.closing.wait(seconds)
        then(exchange)
    return behave


def hang(exchange):
    """Take the request and never answer while the server lives."""
    exchange.read()
    exchange.server.closing.wait()
    exchange.drop()


def close_before_body(exchange):
    """Reset the connection with the body unread."""
    exchange.drop()


def close_after_body(exchange):
    """Store, then reset without an answer: the sender cannot know, and has to send the same bytes again."""
    exchange.read()
    exchange.server.store(exchange.request.lines)
    exchange.drop()


def too_large_above(limit_bytes):
    """413 above so many bytes of body as sent."""
    def behave(exchange):
        exchange.read()
        if exchange.request.wire_bytes <= limit_bytes:
            exchange.accept()
        else:
            exchange.reply(413, f"max request size ({limit_bytes} bytes) exceeded", "text/plain")
    return behave


def refuse_lines(*numbers):
    """Find fault with the lines of these numbers (from 1), now and later, in the words of the API that was asked."""
    def behave(exchange):
        exchange.read()
        lines = exchange.request.lines
        bad = {number: line for number, line in enumerate(lines, 1) if number in numbers}
        exchange.server.refused |= set(bad.values())
        if bad:
            exchange.refuse(refusal_of(exchange.request.api, lines, bad))
        else:
            exchange.accept()
    return behave


def redirect_for_ever(exchange):
    """To itself: who follows goes round until its limit."""
    exchange.reply(307, Location=exchange.server.url + exchange.handler.path)


html_bad_gateway = status(502, HTML_PAGE, "text/html")
html_ok = status(200, HTML_PAGE, "text/html")
html_bad_request = status(400, HTML_PAGE, "text/html")
wrong_json = status(400, '{"error":"partial write of line protocol occurred","data":[{"line_number":"seven"},')
huge_body = status(500, b"x" * (10 << 20), "text/plain")
