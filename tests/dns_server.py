"""A small DNS server of its own: it answers from a table, or not at all."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class DnsServer:
    """``records``: by name, the kind and the texts of its records."""

    records: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    silent: bool = False
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """As the command takes it."""
        return f"127.0.0.1:{self.port}"

    def _serve(self, socket_: socket.socket) -> None:
        while True:
            raw, client = socket_.recvfrom(4096)
            if not raw:
                return
            if not self.silent:
                socket_.sendto(self._answer(raw), client)

    def _answer(self, raw: bytes) -> bytes:
        query = dns.message.from_wire(raw)
        question = query.question[0]
        name = str(question.name).rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name not in self.records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        found = [text for one, text in self.records.get(name, []) if one == kind]
        if found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        return answer.to_wire()


@contextmanager
def dns_server(**records: list[tuple[str, str]]) -> Iterator[DnsServer]:
    """Running on a port of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as socket_:
        socket_.bind(("127.0.0.1", 0))
        server = DnsServer(dict(records), port=socket_.getsockname()[1])
        thread = threading.Thread(target=server._serve, args=(socket_,))
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", server.port))
            thread.join(10)
