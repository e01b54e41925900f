"""The map of the site: every public page, in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

from tests.support import APRIL, BASE_URL, MARCH, MAY, NOW, load_library, plan_of, published
from webinars.db import Database
from webinars.domain import planning
from webinars.web import sitemap

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
LATER = NOW + timedelta(hours=1)


@dataclass(frozen=True)
class Url:
    """One entry."""

    path: str
    changed_at: str | None
    alternates: dict[str, str]


def urls(client: FlaskClient, address: str = "/sitemap.xml") -> list[Url]:
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    return list(_read(answer.data))


def _read(body: bytes) -> Iterator[Url]:
    root = fromstring(body)
    assert root.tag == f"{MAP}urlset"
    for element in root:
        assert element.tag == f"{MAP}url"
        names = [child.tag for child in element]
        assert names[0] == f"{MAP}loc"
        assert set(names) <= {f"{MAP}loc", f"{MAP}lastmod", LINK}
        loc = element.findtext(f"{MAP}loc") or ""
        assert loc.startswith(f"{BASE_URL}/")
        assert len(loc) < 2048
        links = element.findall(LINK)
        assert all(link.attrib["rel"] == "alternate" for link in links)
        yield Url(
            loc.removeprefix(BASE_URL),
            element.findtext(f"{MAP}lastmod"),
            {link.attrib["hreflang"]: link.attrib["href"] for link in links},
        )


def test_every_public_page_is_there_and_answers(client: FlaskClient, site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        planning.save_draft(session, plan=plan_of(MARCH, slug="draft"), now=NOW)
    found = urls(client)
    paths = [url.path for url in found]
    assert len(set(paths)) == len(paths)
    assert {"/", "/en/", "/replays", "/cycles/2019", f"/en/cycles/2019/{MAY.slug}"} <= set(paths)
    assert not any("draft" in path or "/me/" in path or "organise" in path for path in paths)
    for path in paths[:20] + paths[-20:]:
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path


def test_each_page_names_itself_in_every_language(client: FlaskClient, site: Database) -> None:
    found = {url.path: url for url in urls(client)}
    for path, url in found.items():
        assert url.alternates["en"] == f"{BASE_URL}/en{path.removeprefix('/en')}"
        assert url.alternates["fr"] == url.alternates["en"].replace("/en/", "/", 1)
        assert {urlsplit(address).path for address in url.alternates.values()} <= set(found)


def test_changes_are_the_stored_ones(client: FlaskClient, site: Database, at) -> None:
    at(NOW + timedelta(days=1000))
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, title="Autre"), now=LATER)
    found = {url.path: url.changed_at for url in urls(client)}
    assert found[f"/cycles/2019/{MARCH.slug}"] == "2019-03-04T09:00:00Z"
    assert found["/cycles/2019"] == found["/"] == found["/en/"] == "2019-03-04T10:00:00Z"
    assert found["/resources"] is None


def test_headers_and_memory(client: FlaskClient, site: Database) -> None:
    answer = client.get("/sitemap.xml")
    assert answer.headers["Last-Modified"] == http_date(NOW)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    sent = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/sitemap.xml", headers=sent).status_code == 304
    assert client.get("/en/sitemap.xml").data == answer.data
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL), now=LATER)
    assert client.get("/sitemap.xml", headers=sent).status_code == 200


def test_a_map_has_an_end(client: FlaskClient, site: Database, monkeypatch) -> None:
    monkeypatch.setattr(sitemap, "MOST_ADDRESSES", 7)
    assert [url.path for url in urls(client)] == [
        "/",
        "/en/",
        "/replays",
        "/en/replays",
        "/cycles/2019",
        "/en/cycles/2019",
    ]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_robots_learn_of_it(client: FlaskClient, prefix: str) -> None:
    lines = client.get(f"{prefix}/robots.txt").text.splitlines()
    assert f"Sitemap: {BASE_URL}/sitemap.xml" in lines
    assert "Disallow: /organise/" in lines
