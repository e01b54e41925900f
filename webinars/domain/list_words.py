"""The words of people's lists: headings, categories, regions, languages. Pure.

Accents, capitals and punctuation do not count: ``E-mail``, ``e_mail`` and ``É-MAIL`` are one.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

from webinars.models import ActorCategory, RegistrationStatus

Key = TypeVar("Key", bound=str)

HEADINGS: dict[str, str] = {
    "email": "mail|courriel|mél|adresse|e-mail|adresse email|adresse e-mail|adresse mail|"
    "adresse courriel|adresse électronique|adresse de messagerie|email address|e-mail address|"
    "mail address|user email",
    "full_name": "name|fullname|nom complet|nom et prénom|nom prénom|prénom nom|prénom et nom|"
    "noms et prénoms|prénoms et noms|participant|attendee|display name|first and last name",
    "first_name": "prénom|prénoms|firstname|given name|forename",
    "last_name": "nom|lastname|surname|family name|nom de famille|nom d’usage|nom usuel",
    "organisation": "organization|structure|société|établissement|employeur|organisme|company|"
    "employer|nom de la structure|nom de l’organisation|raison sociale",
    "actor_category": "catégorie|category|catégorie d’acteur|type d’acteur|type de structure|"
    "vous êtes|you are",
    "region": "région|territoire",
    "question": "questions|question pour les intervenants|une question pour les intervenants|"
    "a question for the speakers|questions for the speakers",
    "language": "langue|langue des mails|language of the mails",
    "status": "statut|état|registration status|statut de l’inscription",
    # Of an export: known, and of no use for registering.
    "position": "rang|rang d’attente|place dans la file|place in line|waiting list position",
    "registered_at": "inscription|inscrit le|date d’inscription|registered|registration date",
    "came_at": "venu le|arrivée|came|arrived at",
}
"""Fields, and what a column of each may be called beside its own name."""
USED = tuple(HEADINGS)[:-3]
"""The fields that an import reads."""

CATEGORIES: dict[ActorCategory, str] = {
    ActorCategory.LOCAL_AUTHORITY: "collectivité|collectivité territoriale|collectivité locale|"
    "collectivités territoriales|local government|commune|mairie|intercommunalité",
    ActorCategory.ASSOCIATION: "associations|asso|non-profit|NGO|ONG",
    ActorCategory.COMPANY: "entreprise|entreprises|business|société",
    ActorCategory.FOUNDATION: "fondation|fondations",
    ActorCategory.ACADEMIC: "acteur académique|académique|université|recherche|university|"
    "enseignement supérieur|research",
    ActorCategory.CITIZEN: "citoyen ou citoyenne|citoyen|citoyenne|citoyens|particulier",
    ActorCategory.PUBLIC_BODY: "institution ou acteur public|institution|acteur public|"
    "organisme public|institution or public body|état|service de l’État",
    ActorCategory.SUPPORT_PROVIDER: "accompagnateur|accompagnatrice|structure d’accompagnement|"
    "acteur de l’accompagnement",
    ActorCategory.INVESTOR: "investisseur|investisseuse|investisseurs|financeur",
    ActorCategory.EMPLOYEE: "salarié|salariée|salariés",
    ActorCategory.TERRITORIAL_CATALYST: "catalyseur territorial|catalyseurs territoriaux",
}
REGIONS: dict[str, str] = {
    "84": "Auvergne-Rhône-Alpes|AURA|Auvergne|Rhône-Alpes",
    "27": "Bourgogne-Franche-Comté|BFC|Bourgogne|Franche-Comté|Burgundy",
    "53": "Bretagne|Brittany",
    "24": "Centre-Val de Loire|Centre|CVL",
    "94": "Corse|Corsica",
    "44": "Grand Est|Alsace|Lorraine|Champagne-Ardenne",
    "32": "Hauts-de-France|HDF|Nord-Pas-de-Calais|Picardie",
    "11": "Île-de-France|IDF|Région parisienne",
    "28": "Normandie|Normandy|Basse-Normandie|Haute-Normandie",
    "75": "Nouvelle-Aquitaine|Aquitaine|Limousin|Poitou-Charentes",
    "76": "Occitanie|Midi-Pyrénées|Languedoc-Roussillon",
    "52": "Pays de la Loire|PDL",
    "93": "Provence-Alpes-Côte d’Azur|PACA|Région Sud",
    "outside": "Ailleurs|Ailleurs : outre-mer ou étranger|Elsewhere|"
    "Elsewhere: overseas or abroad|Outre-mer|Étranger|Overseas|Abroad|"
    "Guadeloupe|Martinique|Guyane|La Réunion|Réunion|Mayotte",
}
LANGUAGES: dict[str, str] = {"fr": "français|French|fr-FR", "en": "anglais|English|en-GB|en-US"}
STATUSES: dict[RegistrationStatus, str] = {
    RegistrationStatus.CANCELLED: "canceled|annulé|annulée|inscription annulée|"
    "registration cancelled|désinscrit|désinscrite",
}
"""The one that leaves somebody out; every other is decided anew."""


def folded(text: str) -> str:
    """Without accents, capitals and punctuation, with single spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _by_word(words: Mapping[Key, str]) -> dict[str, Key]:
    return {
        folded(word): key for key, line in words.items() for word in (str(key), *line.split("|"))
    }


FIELD_OF = _by_word(HEADINGS)
CATEGORY_OF = _by_word(CATEGORIES)
REGION_OF = _by_word(REGIONS)
LANGUAGE_OF = _by_word(LANGUAGES)
STATUS_OF = _by_word(STATUSES)
"""By their folded words: look up ``folded(text)``."""
IN_BRACKETS = re.compile(r"\([^()]*\)\s*$")
"""At the end of a heading: «(heure de Paris)», «(obligatoire)»."""


def field_of(heading: str) -> str | None:
    """The field that a column's heading names, whatever it adds in brackets."""
    found = FIELD_OF.get(folded(heading))
    return found or FIELD_OF.get(folded(IN_BRACKETS.sub("", heading)))
