"""``python -m webinars``."""

from webinars.cli import main

main()
