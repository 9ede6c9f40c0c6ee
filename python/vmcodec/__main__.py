"""`python -m vmcodec` is the command `vmcodec`."""

import sys

from .cli import main

sys.exit(main())
