"""Lists in the encodings that programs of this century and the last write them in."""

import pytest

from webinars.domain.list_encodings import decoded

NAMES = (
    "Hélène", "Irène", "René", "Chloé", "Zoé", "François", "Françoise", "Noël", "Raphaël", "Anaïs",
    "Loïc", "Benoît", "Aimé", "Gaël", "Jérôme", "Édith", "Élise Müller", "Joël Léger", "Agnès",
    "MARIE-THÉRÈSE", "Lefèvre", "LEFÈVRE", "Gérard CÔTÉ", "Geneviève", "Côme", "Solène", "Maïté",
    "Nîmes", "Château", "Besançon", "Mâcon", "Drôme", "Hérault", "Ardèche", "Forêt", "Liège",
    "Garçon", "là", "où", "déjà", "août", "José Peña", "Núñez", "Régis de l'Été", "Björk Évian",
)  # fmt: skip
TEXT = (
    "E-mail;Nom;Remarque\r\n"
    "a@example.org;Alice Désiré;« Été », voilà\r\n"
    "b@example.org;Léa Ça;12 °C\r\n"
)


def listed(name: str) -> str:
    return f"E-mail;Nom\r\na@example.org;{name}\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso8859-15", "mac-roman", "cp850"])
@pytest.mark.parametrize("name", NAMES)
def test_one_name_is_enough(encoding: str, name: str) -> None:
    assert decoded(listed(name).encode(encoding)) == listed(name)


@pytest.mark.parametrize(
    "encoding",
    [
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"),
        *("cp1252", "latin-1", "iso8859-15", "mac-roman", "cp850", "cp858", "cp437"),
    ],
)
def test_a_text_is_read_as_it_was_written(encoding: str) -> None:
    text = TEXT.replace("É", "é") if encoding == "cp437" else TEXT
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1252", "L’Association des maires"),
        ("cp1252", "“Territoires” – 2019"),
        ("cp1252", "Sœurs et Cœurs…"),
        ("cp1252", "100 € l’entrée"),
        ("iso8859-15", "Cœur de ville"),
        ("mac-roman", "L’Hœur"),
        ("mac-roman", "« Été » à Nîmes"),
        ("mac-roman", "Sœur Agnès…"),
        ("cp850", "« à bientôt »"),
        ("cp850", "Mairie d'Épinay-sur-Orge"),
        ("cp437", "Éric à Besançon"),
    ],
)
def test_signs_and_ligatures_say_it_too(encoding: str, name: str) -> None:
    assert decoded(listed(name).encode(encoding)) == listed(name)


def test_one_broken_byte_does_not_change_the_encoding_of_the_others() -> None:
    data = listed("Hélène").encode() + b"b@example.org;Ren\xe9\r\n"
    assert decoded(data) == listed("Hélène") + "b@example.org;Ren\N{REPLACEMENT CHARACTER}\r\n"


def test_what_is_all_ascii_is_what_it_is() -> None:
    assert decoded(b"") == ""
    assert decoded(listed("Anne").encode()) == listed("Anne")


def test_a_long_list_is_read_by_its_first_words() -> None:
    text = "E-mail;Nom\r\n" + "a@example.org;Hélène Désiré\r\n" * 60_000
    assert decoded(text.encode("cp850")) == text
