"""`python -m web` is the command `dondoc`."""

import sys

from web.cli import main

sys.exit(main())
