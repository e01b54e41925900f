"""``python -m tests.e2e.commands``: commands of the product, one after another in one process."""

import json
import os
import sys

from webinars.cli import commands


def main() -> None:
    os.umask(0o077)  # as the product's own entry
    for arguments in json.loads(sys.argv[1]):
        commands(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
