"""Tests of the package. Those with a server need the built binary: `make python` at the top."""

import logging

# unittest runs event loops in debug mode; on a busy machine every callback is a slow one.
logging.getLogger("asyncio").setLevel(logging.ERROR)
