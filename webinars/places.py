"""Where the files that ship with the product are: in a wheel, or in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """A folder that a wheel carries inside the package and a checkout beside it."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


TEMPLATES = shipped("templates")
MIGRATIONS = shipped("migrations")
TRANSLATIONS = PACKAGE / "translations"
STATIC = PACKAGE / "static"
