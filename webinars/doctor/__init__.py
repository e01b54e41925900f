"""Looking at everything that has to be right for mail to leave and arrive; changing nothing."""

from collections.abc import Iterator

from webinars.config import Settings
from webinars.doctor import house, names, post
from webinars.doctor.findings import Finding


def examine(settings: Settings, *, nameserver: str | None = None) -> Iterator[Finding]:
    """Every check, one after the other; each has its time limit."""
    yield from house.addresses(settings)
    yield house.secret(settings)
    yield from house.uploads(settings)
    yield from house.database(settings)
    yield post.server(settings)
    yield post.returns(settings)
    yield from names.records(settings, nameserver=nameserver)
