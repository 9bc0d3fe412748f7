"""`python -m backoffice.demo`: prepares the environment, then runs the management command `demo`."""

import sys

from backoffice.demo.start import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
