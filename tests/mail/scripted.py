"""A mail server that misbehaves as it is told, which a well-made one cannot."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DROP = "drop"
"""Close the connection instead of answering."""
STALL = "stall"
"""Answer nothing and keep the connection."""

USUAL = {
    "CONNECT": "220 ready",
    "EHLO": "250 mail.example.org",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go on",
    "BODY": "250 taken",
    "RSET": "250 OK",
    "QUIT": "221 bye",
    "AUTH": "235 welcome",
}


@dataclass
class ScriptedServer:
    """Answers each verb from ``answers``; ``BODY`` is what follows the final dot.

    ``once`` has answers for one time only, ``before`` what happens before an answer.
    """

    answers: dict[str, str] = field(default_factory=dict)
    once: dict[tuple[str, int], str] = field(default_factory=dict)
    """By the verb, and which of its times it is, from 1."""
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    port: int = 0
    seen: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        """One connection after the other, until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        lines = connection.makefile("rb")
        if not self._answer(connection, "CONNECT"):
            return
        for line in lines:
            verb = line[:4].decode("ascii", "replace").upper()
            if verb not in USUAL:  # TLS, for one
                return
            if not self._answer(connection, verb):
                return
            if verb == "DATA" and self.answers.get("DATA", USUAL["DATA"]).startswith("354"):
                body = []
                while (content := lines.readline()) != b".\r\n":
                    if not content:  # who was speaking is no more
                        return
                    body.append(content)
                self.bodies.append(b"".join(body))
                if not self._answer(connection, "BODY"):
                    return

    def _answer(self, connection: socket.socket, verb: str) -> bool:
        self.seen.append(verb)
        if verb in self.before:
            self.before[verb]()
        time = (verb, self.seen.count(verb))
        answer = self.once.get(time) or self.answers.get(verb) or USUAL[verb]
        if answer == STALL:
            connection.recv(1)  # until the client has had enough
        if answer in (STALL, DROP):
            return False
        connection.sendall(answer.encode("ascii") + b"\r\n")
        return verb != "QUIT"


@contextmanager
def scripted_server(**answers: str) -> Iterator[ScriptedServer]:
    """Running, with these answers instead of the usual ones."""
    server = ScriptedServer(answers)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener,))
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
