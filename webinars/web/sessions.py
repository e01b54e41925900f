"""Cookies exist at the organisers' desk only."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

DESK = "/organise"


class DeskSessions(SecureCookieSessionInterface):
    """A session below the desk's address; everywhere else none is read or written."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None makes Flask use its null session, which can be read and is never saved."""
        if request.path == DESK or request.path.startswith(f"{DESK}/"):
            return super().open_session(app, request)
        return None
