"""What calendar programs of others make of the feeds: vdirsyncer fetches, khal reads.

vdirsyncer's subscription names entries by their content and drops UIDs; khal's import keeps
them. So the first shows what arrives and when, the second that a UID is one entry for life.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calendar_programs import Calendar
from tests.e2e.support import Installation, installation
from tests.e2e.warm import Warm
from tests.support import DATA, written

# (date, title), all at 13 h in Paris for 90 minutes, in winter and in summer.
PLAN = [
    ("2019-01-17", "Présentation de la plateforme et lancement du cycle de webinaires"),
    ("2019-02-21", "Qualifier l’innovation"),
    ("2019-03-21", "Connaître son écosystème"),
    ("2019-04-18", "Apprendre à faire alliances"),
    ("2019-05-16", "Définir sa stratégie"),
    ("2019-06-20", "Favoriser l’engagement de l’entreprise"),
    ("2019-07-18", "Evaluer la pertinence"),
    ("2019-08-29", "Transformer son modèle socio-économique"),
    ("2019-09-19", "Mobiliser des compétences"),
    ("2019-10-17", "Accroître l’impact d’une fondation"),
    ("2019-11-21", "Accélérer grâce au numérique"),
    ("2019-12-19", "Co-construire le bien commun"),
]
SLUGS = [
    "lancement",
    "qualifier-l-innovation",
    "connaitre-son-ecosysteme",
    "apprendre-a-faire-alliances",
    "definir-sa-strategie",
    "favoriser-l-engagement-de-l-entreprise",
    "evaluer-sa-pertinence",
    "transformer-son-modele-socio-economique",
    "mobiliser-les-competences",
    "accroitre-l-impact-d-une-fondation",
    "accelerer-grace-au-numerique",
    "co-construire-le-bien-commun",
]
WHOLE = [(day, "13:00", "14:30", title) for day, title in PLAN]
MOVED = [
    ("2019-04-25", "18:00", "19:30", title) if day == "2019-04-18" else line
    for line, (day, title) in zip(WHOLE, PLAN, strict=True)
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, warm: Warm | None) -> Iterator[Installation]:
    """A running server with nothing in it yet."""
    with installation(tmp_path_factory.mktemp("calendars"), warm=warm) as place:
        place.run("db", "upgrade")
        place.serve()
        yield place


@pytest.fixture
def published(service: Installation) -> Installation:
    """The 2019 cycle as it was planned."""
    service.sets_up(
        ("cycle", "import", DATA / "cycle-2019.toml"),
        ("cycle", "publish", "2019"),
    )
    return service


@pytest.fixture
def calendar(tmp_path: Path) -> Calendar:
    """An empty calendar."""
    return Calendar(tmp_path)


def move_april(service: Installation) -> None:
    """Publish the fourth webinar a week later, in the evening."""
    text = (DATA / "cycle-2019.toml").read_text("utf-8")
    text = text.replace("date = 2019-04-18\n", "date = 2019-04-25\nstarts_at = 18:00:00\n")
    service.run("cycle", "import", written(service.folder, "moved.toml", text))
    assert "moved apprendre-a-faire-alliances" in service.run("cycle", "publish", "2019")


@pytest.mark.parametrize("path", ["/cycles/2019/calendar.ics", "/calendar.ics"])
def test_subscribed(published: Installation, calendar: Calendar, path: str):
    calendar.subscribe(published.base_url + path)
    first = calendar.vdirsyncer("sync")
    before = calendar.files()

    assert first.count("Copying (uploading) item") == 12
    assert calendar.shows() == WHOLE

    again = calendar.vdirsyncer("sync")

    assert "item" not in again
    assert calendar.files() == before

    move_april(published)
    after_move = calendar.vdirsyncer("sync")

    assert calendar.shows() == MOVED
    assert after_move.count("Copying (uploading) item") == 1
    assert after_move.count("Deleting item") == 1
    unchanged = before.items() & calendar.files().items()
    assert len(unchanged) == 11


def test_imported_twice_is_one_entry_a_uid(published: Installation, calendar: Calendar):
    def feed() -> bytes:
        answer = published.get("/cycles/2019/calendar.ics")
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        return answer.body

    uids = [f"2019.{slug}@127.0.0.1" for slug in SLUGS]
    calendar.imports(feed())

    assert calendar.lists() == [(*line, uid) for line, uid in zip(WHOLE, uids, strict=True)]

    move_april(published)
    calendar.imports(feed())

    assert calendar.lists() == [(*line, uid) for line, uid in zip(MOVED, uids, strict=True)]


def test_nothing_new_is_304(published: Installation):
    def ask(**headers: str) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return published.get("/cycles/2019/calendar.ics", names).status

    first = published.get("/cycles/2019/calendar.ics")
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]

    # Two processes answer: what they say must not depend on which of them does.
    seen = {published.get("/cycles/2019/calendar.ics").body for _ in range(20)}
    assert seen == {first.body}
    assert {ask(If_None_Match=tag) for _ in range(10)} == {304}
    assert {ask(If_Modified_Since=changed) for _ in range(10)} == {304}

    move_april(published)

    assert {ask(If_None_Match=tag) for _ in range(10)} == {200}
