"""The application for a WSGI server; each process makes its own."""

from webinars.cli.support import make_app

app = make_app(check_database=False)
