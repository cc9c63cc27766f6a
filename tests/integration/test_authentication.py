"""User and password of a real InfluxDB 1.6 that demands them."""

import pytest
from harness.databases import InfluxDb

USER = ("writer", "pass word=1,x")


@pytest.fixture(scope="module")
def database(new_database):
    server = new_database(InfluxDb, user=USER)
    server.create_admin()
    server.execute("CREATE DATABASE vmstats")
    return server


def once(vmtelem, database, password):
    return vmtelem("once", INFLUX_URL=database.url, INFLUX_API="v1", INFLUX_DB="vmstats", INFLUX_USER=USER[0],
                   INFLUX_TOKEN=password)


def test_the_right_password_is_accepted(vmtelem, database, any_guest):
    assert once(vmtelem, database, USER[1]).code == 0
    assert database.rows("vmstats", "vm_totals", vm="any")


def test_a_wrong_password_is_an_access_fault(vmtelem, database, any_guest):
    assert once(vmtelem, database, "wrong").code == 77
