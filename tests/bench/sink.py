"""A mail server that takes everything and keeps nothing: ``python -m tests.bench.sink PORT``.

Told HELP, it says how many messages came since it was last asked, in how many seconds from the
first to the last, and their mean size.
"""

import socket
import sys
import threading
import time


class Sink:
    """What came since it was last asked."""

    def __init__(self) -> None:
        self.count = self.size = 0
        self.first = self.last = 0.0

    def took(self, size: int) -> None:
        """One message."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1
        self.size += size

    def told(self) -> str:
        """And begin anew."""
        said = f"{self.count} {self.last - self.first:.3f} {self.size // max(1, self.count)}"
        self.count = self.size = 0
        self.first = self.last = 0.0
        return said

    def converse(self, connection: socket.socket) -> None:
        """With one client, to its end."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = connection.makefile("rb")
        connection.sendall(b"220 sink\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                size = 0
                while (content := lines.readline()) not in (b".\r\n", b""):
                    size += len(content)
                self.took(size)
                connection.sendall(b"250 taken\r\n")
            elif verb == b"HELP":
                connection.sendall(f"214 {self.told()}\r\n".encode())
            elif verb == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 OK\r\n")


def main(port: int) -> None:
    sink = Sink()
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=sink.converse, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
