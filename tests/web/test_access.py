"""Who may use each route: deny by default."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import settings_for
from webinars import create_app
from webinars.web.access import AT_DESK, TABLE, Access

DEMONSTRATION = {name for name, access in TABLE.items() if access is Access.DEMONSTRATION}


def app_of(folder: Path, *, demo: bool = False) -> Flask:
    """An application whose database is never asked."""
    app = create_app(settings_for("sqlite://", folder, demo=demo))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def test_every_route_has_an_entry_and_every_entry_a_route(tmp_path: Path) -> None:
    routes = {rule.endpoint for rule in app_of(tmp_path, demo=True).url_map.iter_rules()}
    assert routes == set(TABLE)


def test_the_demonstration_is_absent_elsewhere(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(TABLE) - DEMONSTRATION
    with app.test_client() as client:
        # Not even refused: there is no such address.
        assert app.url_map.bind("").test("/demo/mailbox") is False
        assert client.get("/demo/mailbox").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_a_route_that_is_not_listed_is_refused(tmp_path: Path, method: str) -> None:
    app = app_of(tmp_path)
    app.add_url_rule("/forgotten", "forgotten", lambda: "seen", methods=["GET", "POST"])
    assert app.test_client().open("/forgotten", method=method).status_code == 403


ORGANISER = sorted(name for name, access in TABLE.items() if access in AT_DESK)


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("endpoint", ORGANISER)
def test_an_organisers_route_leads_to_the_sign_in(
    tmp_path: Path, endpoint: str, prefix: str
) -> None:
    app = app_of(tmp_path)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]
    assert rules
    for rule in rules:
        _, address = rule.build(dict.fromkeys(rule.arguments, "1")) or ("", "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = app.test_client().open(prefix + address, method=method)
            assert answer.status_code == 302
            # After signing in, an address that only takes forms leads nowhere.
            back = f"?next={prefix}{address}" if method == "GET" else ""
            assert answer.headers["Location"] == f"{prefix}/organise/sign-in{back}"


def test_organisers_routes_stand_below_the_desk(client: FlaskClient, app: Flask) -> None:
    """Sessions are read there only: elsewhere nobody is signed in."""
    for rule in app.url_map.iter_rules():
        at_desk = TABLE[rule.endpoint] in (*AT_DESK, Access.SIGN_IN, Access.UNUSED)
        assert rule.rule.startswith("/organise/") is at_desk


UNUSED = sorted(name for name, access in TABLE.items() if access is Access.UNUSED)


@pytest.mark.parametrize("endpoint", UNUSED)
def test_what_a_library_brings_along_is_not_there(tmp_path: Path, endpoint: str) -> None:
    app = app_of(tmp_path)
    (rule,) = (rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    _, address = rule.build(dict.fromkeys(rule.arguments, "1")) or ("", "")
    for method in (rule.methods or set()) - {"OPTIONS"}:
        assert app.test_client().open(address, method=method).status_code == 404
