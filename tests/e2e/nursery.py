"""A process that forks workers: ``python -m tests.e2e.nursery``, one for each line it is given.

Starting the interpreter and the application takes a second; a thousand workers that are killed
at once shall not take a thousand. Each is a process of its own, whose database is opened after
the fork. It answers with the number of the process, and ends with its input.
"""

import os
import signal
import sys

from webinars.cli.support import make_app
from webinars.mail import sending
from webinars.worker import Worker

# A vanished worker holds a batch until its lease ends: small ones leave work for the others.
sending.BATCH = 5
WARM = ("email/confirmation/", "email/layout", "email/shared")
"""Templates that are compiled once, before the fork."""


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need not be asked how they died
    app = make_app()
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(WARM)):
        app.jinja_env.get_template(name)
    for _line in sys.stdin:
        number = os.fork()
        if number == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            Worker(app).run()
            os._exit(0)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
