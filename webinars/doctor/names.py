"""What DNS says of the sender's domain: MX, SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.resolver

from webinars.config import Settings
from webinars.doctor.findings import Finding, fault, ok, warning

SECONDS = 4.0
"""For one question, all tries together."""


class Silent(Exception):
    """DNS does not answer here."""


@dataclass(frozen=True, slots=True)
class Names:
    """Questions to DNS."""

    resolver: dns.resolver.Resolver

    def texts(self, name: str) -> list[str]:
        """TXT records; none, when there are none. Raises Silent."""
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._asked(name, "TXT") or ()
        ]

    def servers(self, name: str) -> list[str] | None:
        """Names of MX records, the preferred first; None when there is no such domain.

        Raises Silent.
        """
        found = self._asked(name, "MX")
        if found is None:
            return None
        ranked = sorted((record.preference, str(record.exchange)) for record in found)
        return [host for _, host in ranked]

    def has_address(self, name: str) -> bool:
        """Whether a host of this name exists, to which mail goes without MX. Raises Silent."""
        return any(self._asked(name, kind) for kind in ("A", "AAAA"))

    def _asked(self, name: str, kind: str) -> list[Any] | None:
        try:
            return list(self.resolver.resolve(f"{name}.", kind, lifetime=SECONDS))
        except dns.resolver.NXDOMAIN:
            return None
        except dns.resolver.NoAnswer:
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Silent(str(error)) from error


def records(settings: Settings, *, nameserver: str | None = None) -> Iterator[Finding]:
    """The records that decide whether mail of this sender is believed and can come back.

    ``nameserver``: ``address`` or ``address:port`` to ask instead of the system's.
    """
    sender = _domain(settings.mail_sender)
    try:
        names = Names(_resolver(nameserver))
        yield mx(names, _domain(settings.return_path))
        yield spf(names, _domain(settings.return_path))
        yield dkim(names, sender, settings.mail_dkim_selector)
        yield dmarc(names, sender)
    except Silent:
        yield warning(
            "DNS",
            f"DNS does not answer here: the records of {sender} are not checked",
            "try again where it does, or name a server: --nameserver 192.0.2.53",
        )


def mx(names: Names, domain: str) -> Finding:
    """Where answers and notices arrive."""
    servers = names.servers(domain)
    if servers is None:
        return fault("MX", f"there is no domain {domain}", "check mail_sender, mail_return_path")
    if servers == ["."]:
        return fault("MX", f"{domain} takes no mail (RFC 7505)", "choose another return address")
    if servers:
        return ok("MX", f"{domain}: {', '.join(host.rstrip('.') for host in servers)}")
    if names.has_address(domain):
        return ok("MX", f"{domain} itself: it has no MX record")
    return fault(
        "MX", f"{domain} has no server for mail: nothing comes back", "publish an MX record"
    )


def spf(names: Names, domain: str) -> Finding:
    """Which servers may send for the return address."""
    found = [text for text in names.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return warning(
            "SPF",
            f"{domain} says of no server that it may send",
            "publish a TXT record such as: v=spf1 mx ip4:<address of the mail server> -all",
        )
    if len(found) > 1:
        return fault(
            "SPF",
            f"{domain} has {len(found)} records, of which none counts (RFC 7208, 4.5)",
            "join them into one",
        )
    terms = found[0].lower().split()
    if "+all" in terms or "all" in terms:
        return fault("SPF", f"{domain} lets everybody send: {found[0]}", "end it with -all or ~all")
    return ok("SPF", f"{domain}: {found[0]}")


def dkim(names: Names, domain: str, selector: str | None) -> Finding:
    """The key by which signatures of our mail are checked."""
    if selector is None:
        return warning(
            "DKIM",
            "no selector is known, so no key is looked up",
            "let the mail server sign, List-Unsubscribe too; set mail_dkim_selector",
        )
    name = f"{selector}._domainkey.{domain}"
    tags = [_tags(text) for text in names.texts(name)]
    keys = [found["p"] for found in tags if "p" in found]
    if not keys:
        return fault("DKIM", f"there is no key at {name}", "publish the key of the mail server")
    if not any(keys):
        return fault("DKIM", f"the key at {name} is revoked", "publish the key that signs now")
    return ok("DKIM", f"a key at {name}")


def dmarc(names: Names, domain: str) -> Finding:
    """What receivers shall do with mail that only says that it is ours."""
    labels = domain.split(".")
    # The organisational domain speaks for those below it (RFC 7489 section 6.6.3).
    for start in range(max(1, len(labels) - 1)):
        above = ".".join(labels[start:])
        found = [
            text
            for text in names.texts(f"_dmarc.{above}")
            if text.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if len(found) > 1:
            return fault("DMARC", f"{above} has {len(found)} records", "keep one")
        if found:
            policy = _tags(found[0]).get("p")
            if policy not in ("none", "quarantine", "reject"):
                return fault("DMARC", f"{above}: {found[0]}", "say p=none, quarantine or reject")
            return ok("DMARC", f"{above}: {found[0]}")
    return warning(
        "DMARC",
        f"{domain} has no record: large providers refuse or hide such mail",
        f"publish at _dmarc.{domain}: v=DMARC1; p=none",
    )


def _tags(text: str) -> dict[str, str]:
    """``k=v`` pairs between semicolons (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].rstrip(".")
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()


def _resolver(nameserver: str | None) -> dns.resolver.Resolver:
    """Raises Silent when the system knows no server, or what was named is none."""
    try:
        resolver = dns.resolver.Resolver(configure=nameserver is None)
        if nameserver is not None:
            # An IPv6 address has colons of its own, and here no port.
            host, _, port = nameserver.partition(":")
            alone = nameserver.count(":") != 1
            resolver.nameservers = [nameserver if alone else host]
            resolver.port = 53 if alone else int(port)
    except (dns.exception.DNSException, ValueError, OSError) as error:
        raise Silent(str(error)) from error
    return resolver
