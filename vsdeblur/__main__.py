"""``python -m vsdeblur``: the command line."""

import sys

from vsdeblur.cli import main

sys.exit(main())
