"""A real writer killed by SIGKILL while readers look on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import numpy as np

from offchain.identity.terms import open_terms, read_terms

WRITER = """
import sys
from pathlib import Path
import numpy as np
from offchain.identity.terms import open_terms, writer
writer._JOURNAL_POSTINGS = 300
with open_terms(Path(sys.argv[1])) as index:
    for key in range(int(sys.argv[2]), 2**32):
        index.add(key, np.arange(key, key + 20, dtype=np.uint64))
        print(key, flush=True)
"""


def test_add__writer_killed_again_and_again__keeps_every_work_it_acknowledged(tmp_path):
    chance = random.Random(1)
    acknowledged = -1
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(acknowledged + 1)], stdout=subprocess.PIPE, text=True
        ) as process:
            first = process.stdout.readline()
            assert int(first) == acknowledged + 1
            reader = read_terms(tmp_path)
            deadline = time.monotonic() + chance.uniform(0.2, 0.5)
            while time.monotonic() < deadline:
                keys, _ = reader.candidates(np.array([int(first) + 19], dtype=np.uint64), 1, 99)
                assert int(first) in keys
            process.send_signal(signal.SIGKILL)
            told = process.stdout.read().split("\n")
        acknowledged = max(int(line) for line in [first, *told[:-1]])
        with open_terms(tmp_path) as index:
            index.verify()
            # Term t stands in the works t - 19 to t, as far as these were added.
            for term in range(0, acknowledged + 1, max(1, acknowledged // 50)):
                keys, counts = index.candidates(np.array([term], dtype=np.uint64), 1, 99)
                assert sorted(keys.tolist()) == list(range(max(0, term - 19), term + 1))
                assert set(counts.tolist()) == {1}
    assert acknowledged > 40
