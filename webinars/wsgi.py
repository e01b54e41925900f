"""The application for a WSGI server; each process makes its own."""

from multiprocessing.util import Finalize

from webinars import clock
from webinars.cli.support import make_app
from webinars.domain.holidays import public_holidays, school_calendar_known_until

app = make_app(check_database=False)
# What the process has gathered is written when it is told to end. A process that was forked
# passes over ``atexit``; this is kept by both kinds.
for order, gathered in enumerate(("webinars.fetches", "webinars.counts")):
    Finalize(None, app.extensions[gathered].close, exitpriority=order)
# Read once: the first board of a process would wait a quarter of a second for them.
school_calendar_known_until()
public_holidays(clock.now().year)
