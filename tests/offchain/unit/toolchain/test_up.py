"""`make up` attaches to nothing, and `make down` ends nothing, that is not ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from offchain.errors import RefusedError
from scripts.down import stack_process
from scripts.processes import free_port
from scripts.stack import Ports, development_key
from scripts.up import refuse_taken


def test_refuse_taken__server_on_a_port__names_port_and_remedy():
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        with pytest.raises(RefusedError) as caught:
            refuse_taken(Ports(chain=free_port(), ipfs=taken, api=None))
    assert caught.value.code == "port-taken"
    assert str(taken) in caught.value.message
    assert str(taken) in caught.value.remedy


def test_refuse_taken__all_free__passes():
    refuse_taken(Ports(chain=free_port(), ipfs=free_port(), api=None))


def test_stack_process__no_run_file__nothing(tmp_path):
    assert stack_process(tmp_path / "run.json") is None


def test_stack_process__number_given_to_another_program__nothing(tmp_path):
    run_file = tmp_path / "run.json"
    run_file.write_text(json.dumps({"pid": os.getpid()}))
    assert stack_process(run_file) is None


def test_stack_process__process_gone__nothing(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    run_file = tmp_path / "run.json"
    run_file.write_text(json.dumps({"pid": ended.pid}))
    assert stack_process(run_file) is None


def test_development_key__accounts_of_the_public_mnemonic__are_the_known_ones():
    """Account 0 and 1 as Anvil and Hardhat document them for the same mnemonic."""
    assert development_key(0) == "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert development_key(1) == "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
