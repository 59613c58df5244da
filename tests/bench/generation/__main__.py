"""Generated works: speed, quality, marks and reproduction: `make bench-generation`, `make campaign-generation`.

    python -m tests.bench.generation [--campaign] [PART ...]

Prints a table and writes build/bench/generation.json. With --campaign the parts measure at length, and their rows take
the place of those of the same name in campaign.json, each with the commit that it was measured at; the others stay.
Without it, what the campaign last found is shown at the end.
"""

from __future__ import annotations

import sys
from typing import Final

from tests.bench.parts import Bench

PARTS: Final = (
    "text",
    "gpu",
    "music",
    "image",
    "watermark",
    "watermark_cost",
    "watermark_alarms",
    "replay",
    "reproduction_text",
    "reproduction_music",
    "attribution",
)
PACKAGES: Final = ("torch", "transformers", "numpy", "numba", "scipy", "Pillow")

if __name__ == "__main__":
    sys.exit(Bench("generation", PARTS, PACKAGES, (__doc__ or "").splitlines()[0]).main(sys.argv[1:]))
