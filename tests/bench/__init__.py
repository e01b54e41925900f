"""How fast pages, feeds and registrations are: ``python -m tests.bench``."""
