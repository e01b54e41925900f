"""The application for a WSGI server; each process makes its own."""

from webinars import clock
from webinars.cli.support import make_app
from webinars.domain.holidays import public_holidays, school_calendar_known_until

app = make_app(check_database=False)
# Read once: the first board of a process would wait a quarter of a second for them.
school_calendar_known_until()
public_holidays(clock.now().year)
