// What ical.js, which Thunderbird reads calendars with, makes of calendars:
// a JSON list of texts on standard input, a list of lists of entries on standard output.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const instant = (time) => time.toJSDate().toISOString();

const entry = (component) => {
  const event = new ICAL.Event(component);
  const value = (name) => component.getFirstPropertyValue(name);
  return {
    uid: event.uid,
    sequence: event.sequence,
    starts_at: instant(event.startDate),
    ends_at: instant(event.endDate),
    stamp: instant(value("dtstamp")),
    changed_at: instant(value("last-modified")),
    summary: event.summary,
    description: event.description,
    location: event.location,
    url: value("url"),
    status: value("status"),
    organizer: event.organizer,
    zone: event.startDate.zone.tzid,
  };
};

const texts = JSON.parse(readFileSync(0, "utf8"));
const found = texts.map((text) =>
  new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map(entry),
);
process.stdout.write(JSON.stringify(found));
