"""Webinars: plan the year, fill the room, keep the replay."""

from importlib import import_module

from flask import Flask

from webinars.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application, as ``wiring.py`` puts it together. Raises WrongConfiguration.

    It is loaded when it is asked for: to name a module of the package takes no second.
    """
    app: Flask = import_module("webinars.wiring").create_app(settings)
    return app
