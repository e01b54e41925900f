"""The application for a WSGI server; each process makes its own."""

from webinars.cli.support import make_app
from webinars.domain.holidays import school_calendar_known_until

app = make_app(check_database=False)
school_calendar_known_until()  # read once: the first board would wait a fifth of a second for it
