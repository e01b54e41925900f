"""Building mails, handing them over, and the way between."""
