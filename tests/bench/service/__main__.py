"""The service: reads, quotes, orders, catch-up beside their floors: `make bench-service`, `make campaign-service`.

    python -m tests.bench.service [--campaign] [PART ...]

Each row is a ratio to a peer that does the least that could be done, measured in the same run, on SQLite and where
COLOPHON_TEST_POSTGRES_URL names a server on PostgreSQL. Prints a table and writes build/bench/service.json. The
campaign's parts take long: they need PostgreSQL, and their rows are kept in campaign.json.
"""

from __future__ import annotations

import sys
from typing import Final

from tests.bench.parts import Bench

PARTS: Final = ("catalogue", "quotes", "orders", "catch_up")
LONGER: Final = ("kill_matrix", "registrations", "soak")
PACKAGES: Final = ("fastapi", "uvicorn", "SQLAlchemy", "dbos", "web3", "eth-account")

if __name__ == "__main__":
    sys.exit(Bench("service", PARTS, PACKAGES, (__doc__ or "").splitlines()[0], LONGER).main(sys.argv[1:]))
