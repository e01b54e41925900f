"""What the edges work with: one set per application, made by ``create_app``."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from flask import current_app

from webinars import clock
from webinars.config import Settings
from webinars.db import Database
from webinars.domain.calendars import Writer
from webinars.domain.mail_rules import Pace, Quiet
from webinars.domain.programme import Moment
from webinars.domain.registrations import House
from webinars.links import Links


@dataclass(frozen=True)
class Services:
    """Settings, database and links, and what follows from them."""

    settings: Settings
    database: Database
    links: Links

    @cached_property
    def house(self) -> House:
        """The rules of the house for registrations."""
        return House(
            host=self.settings.host,
            require_confirmation=self.settings.require_confirmation,
            hold=timedelta(minutes=self.settings.pending_hold_minutes),
            confirmations_per_day=self.settings.confirmations_per_day,
            link_mails_per_day=self.settings.link_mails_per_day,
        )

    @property
    def pace(self) -> Pace:
        """How mails by rule are spaced."""
        begins, ends = self.settings.quiet_from, self.settings.quiet_until
        return Pace(
            apart=timedelta(minutes=self.settings.reminders_apart_minutes),
            quiet=Quiet(begins, ends) if begins is not None and ends is not None else None,
        )

    def moment(self) -> Moment:
        """Now, with the setting for doors."""
        return Moment.at(clock.now(), opens_minutes=self.settings.join_opens_minutes)

    def calendar_writer(self, language: str) -> Writer:
        """How calendars are written here."""
        return Writer(
            links=self.links,
            language=language,
            organiser_name=self.settings.organiser_name,
            organiser_email=self.settings.mail_sender,
            site_name=self.settings.site_name,
        )


def services() -> Services:
    """Those of the current application."""
    found: Services = current_app.extensions["webinars"]
    return found
