"""What a confined process cannot do, and how each way of ending badly comes back."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest

from offchain.errors import InputError, UnavailableError
from offchain.identity.sandbox import guard, guarded, measured
from offchain.identity.sandbox.confinement import MAX_FILE
from offchain.identity.sandbox.turns import LENGTHY, PLACES, WAITING, Turns
from tests.offchain.integration.identity.sandbox import acts

MEMORY = 2**28


def call(function: Any, *arguments: object, seconds: float = 20) -> Any:
    return guarded(function, *arguments, memory=MEMORY, seconds=seconds)


def refusal(function: Any, *arguments: object, seconds: float = 20) -> InputError:
    with pytest.raises(InputError) as caught:
        call(function, *arguments, seconds=seconds)
    return caught.value


def is_gone(pid: int) -> bool:
    """Ended, and its parent knows: no zombie."""
    return not Path(f"/proc/{pid}").exists()


def test_guarded__plain_data__goes_in_and_comes_out(tmp_path: Path):
    value = [None, True, 2**200, 0.5, "ü\n", b"\x00\xff", tmp_path, {"a": [1]}]
    assert call(acts.echo, value) == value


def test_guarded__each_call__has_a_process_of_its_own_under_one_warm_parent():
    processes = {call(acts.process) for _ in range(3)}
    assert len(processes) == 3
    assert len({call(acts.parent_process) for _ in range(3)} - {os.getpid()}) == 1
    assert all(is_gone(pid) for pid in processes)


def test_guarded__typed_error__comes_back_without_control_characters():
    error = refusal(acts.refuse, "bad \x1b[2J bytes")
    assert (error.code, error.remedy) == ("some-code", "some remedy")
    assert "\x1b" not in error.message + str(error.facts["name"])
    assert error.facts["size"] == 7


def test_guarded__error_that_is_not_a_decoders__is_not_believed():
    """A file that takes the decoder over must not speak for the registry."""
    assert refusal(acts.refuse_otherwise).code == "decoding-failed"


def test_guarded__unforeseen_error__is_decoding_failed():
    error = refusal(acts.stumble)
    assert error.code == "decoding-failed"
    assert "ZeroDivisionError" in error.message


@pytest.mark.parametrize("function", [acts.spin, acts.sleep], ids=["busy", "idle"])
def test_guarded__endless__is_ended_in_bounded_time(function):
    arguments = () if function is acts.spin else (600.0,)
    began = time.monotonic()
    assert refusal(function, *arguments, seconds=0.5).code == "decoding-too-long"
    assert time.monotonic() - began < guard.PATIENCE * 0.5 + 2


def test_guarded__ever_more_memory__is_ended_within_its_bound():
    assert refusal(acts.swell).code == "decoding-too-large"
    assert measured(acts.echo, 1, memory=MEMORY, seconds=20).peak < MEMORY


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_guarded__killed__names_the_signal_and_the_next_call_works(number):
    error = refusal(acts.end_by, int(number))
    assert error.code == "decoding-failed"
    assert number.name in error.message
    assert call(acts.echo, 1) == 1


def test_guarded__crash_in_native_code__is_decoding_failed():
    assert "SIGSEGV" in refusal(acts.crash).message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"7",
        b'{"value"',
        b'{"refused":{}}',
        b'{"refused":7}',
        b"[" * 40_000,
        b'{"x":"\xff',
    ],
    ids=range(10),
)
def test_guarded__forged_answer__is_decoding_failed(data):
    assert refusal(acts.answer_nonsense, data).code == "decoding-failed"


def test_guarded__answer_beyond_its_limit__is_too_large():
    assert refusal(acts.answer_too_much, guard.MAX_ANSWER).code == "decoding-too-large"


def test_guarded__arguments_beyond_their_limit__are_the_callers_mistake():
    with pytest.raises(ValueError, match="path"):
        call(acts.echo, "x" * 65_536)


def test_guarded__function_of_the_program_itself__is_the_callers_mistake():
    def function() -> None: ...

    function.__module__ = "__main__"
    with pytest.raises(ValueError, match="module"):
        call(function)


def test_confinement__file_that_was_not_given__cannot_be_read(tmp_path: Path):
    (tmp_path / "key").write_bytes(b"secret")
    assert "PermissionError" in refusal(acts.read, str(tmp_path / "key")).message
    assert call(acts.read_given, tmp_path / "key") == b"secret"


def test_guarded__relative_path_after_a_change_of_folder__is_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    call(acts.echo, 1)
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"here")
    assert call(acts.read_given, Path("file")) == b"here"


def test_confinement__file__cannot_be_written(tmp_path: Path):
    assert "PermissionError" in refusal(acts.write, str(tmp_path / "new")).message
    (tmp_path / "old").write_bytes(b"")
    assert "PermissionError" in refusal(acts.write, str(tmp_path / "old")).message


def test_confinement__scratch_folder__is_bounded_and_gone_afterwards():
    assert not Path(call(acts.write_scratch, 1_000)).exists()
    assert "File too large" in refusal(acts.write_scratch, MAX_FILE + 1).message


def test_nursery__scratch_folder_of_a_killed_one__is_removed_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, age in (("colophon-decoding-old", 90_000), ("colophon-decoding-new", 0), ("other-old", 90_000)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    guard._door.close()
    call(acts.echo, 1)
    guard._door.close()  # the next nursery is to have the usual folder again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["colophon-decoding-new", "other-old"]


def test_confinement__network__is_out_of_reach():
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = refusal(acts.connect, server.getsockname()[1]).message
    assert "PermissionError" in told or "unreachable" in told  # Landlock or the empty namespace, whichever is there


def test_confinement__parent__cannot_be_signalled():
    assert "PermissionError" in refusal(acts.signal_parent).message


def test_confinement__secrets_of_the_caller__are_not_inherited(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLOPHON_RELAYER_KEY", "0xsecret")
    guard._door.close()  # a nursery started before would not have seen it anyhow
    assert not any(name.startswith("COLOPHON") for name in call(acts.environment))


def test_confinement__descriptors__are_the_answer_and_nothing_of_the_parents():
    # 0 to 2 lead nowhere, 3 is the answer, 4 is this listing's own.
    assert call(acts.descriptors) == ["0", "1", "2", "3", "4"]


def test_guarded__descendants_in_sessions_of_their_own__end_with_the_call():
    assert all(is_gone(pid) for pid in call(acts.leave_descendants))


def test_guarded__many_threads__get_their_own_answers_from_a_bounded_number_of_processes():
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda value: call(acts.echo, value), range(64))) == list(range(64))


def outcome(function: Any, *arguments: object, seconds: float = 20) -> str:
    try:
        call(function, *arguments, seconds=seconds)
    except (InputError, UnavailableError) as error:
        return error.code
    return "done"


def start(calls: int, asleep: float, seconds: float = 20) -> list[Future[str]]:
    """Calls in threads of their own, that sleep; all that may run do so when this returns."""
    before = guard._door.turns._running
    threads = ThreadPoolExecutor(calls)
    futures = [threads.submit(outcome, acts.sleep, asleep, seconds=seconds) for _ in range(calls)]
    threads.shutdown(wait=False)
    wait_until(lambda: guard._door.turns._running > before)
    return futures


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_guarded__more_slow_calls_than_run_and_wait__the_rest_is_refused_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard._door, "turns", Turns(places=2, waiting=1, patience=20))
    call(acts.echo, 1)
    calls = start(20, 2.0)
    first = [each.result() for each in itertools.islice(as_completed(calls), 17)]
    assert first == ["decoder-busy"] * 17
    assert sorted(each.result() for each in calls) == [*first, *["done"] * 3]
    assert call(acts.echo, 1) == 1


def test_guarded__no_turn_in_time__is_unavailable_with_a_remedy_and_later_calls_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard._door, "turns", Turns(places=2, waiting=3, patience=0.3))
    calls = start(2, 2.0)
    wait_until(lambda: guard._door.turns._running == 2)
    began = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        call(acts.echo, 1)
    assert 0.3 <= time.monotonic() - began < 1.5
    assert (caught.value.code, caught.value.http_status) == ("decoder-busy", 503)
    assert caught.value.remedy
    assert [each.result() for each in calls] == ["done"] * 2
    assert call(acts.echo, 1) == 1


def test_guarded__call_that_fails__gives_its_place_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard._door, "turns", Turns(places=2, waiting=0, patience=0))
    for _ in range(3):
        assert outcome(acts.end_by, int(signal.SIGKILL)) == "decoding-failed"
    assert call(acts.echo, 1) == 1


def test_guarded__lengthy_calls_everywhere__leave_one_place_to_others(monkeypatch: pytest.MonkeyPatch):
    """Films may take half an hour; pictures and texts go on meanwhile."""
    monkeypatch.setattr(guard._door, "turns", Turns(places=2, waiting=3, patience=0.3))
    film = start(1, 2.0, seconds=LENGTHY + 1)
    assert outcome(acts.echo, 1, seconds=LENGTHY + 1) == "decoder-busy"
    assert call(acts.echo, 1, seconds=LENGTHY) == 1
    assert film[0].result() == "done"


def test_turns__as_they_are__hold_fewer_threads_than_a_server_has():
    """Starlette runs routes in AnyIO's default pool of 40 threads."""
    assert 2 <= PLACES <= PLACES + WAITING < 40


def test_guarded__one_call_stuck__others_go_on():
    stuck = threading.Thread(target=lambda: refusal(acts.sleep, 600.0, seconds=1))
    stuck.start()
    began = time.monotonic()
    assert call(acts.echo, "quick") == "quick"
    assert time.monotonic() - began < 4
    stuck.join()


def test_guarded__nursery_killed__next_call_starts_another():
    before = call(acts.parent_process)
    os.kill(before, signal.SIGKILL)
    assert call(acts.echo, 1) == 1
    assert call(acts.parent_process) != before


def test_guarded__nursery_killed_under_a_call__is_tried_again():
    parent = call(acts.parent_process)
    killer = threading.Timer(0.3, os.kill, (parent, signal.SIGKILL))
    killer.start()
    assert call(acts.sleep, 1.0) is None
    killer.join()


PROGRAM = """
import os, sys, threading
from offchain.identity.sandbox import guarded
from tests.offchain.integration.identity.sandbox import acts
print(guarded(acts.parent_process, memory=2**28, seconds=20), flush=True)
guarded(acts.sleep, 600.0, memory=2**28, seconds=600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_guarded__caller_ended__leaves_no_process_behind(number):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        assert program.stdout is not None
        nursery = int(program.stdout.readline())
        child = _only_child(nursery)
        program.send_signal(number)
        assert program.wait(10) != 0
    deadline = time.monotonic() + 10
    while not (is_gone(nursery) and is_gone(child)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _only_child(pid: int) -> int:
    deadline = time.monotonic() + 10
    while True:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            return int(children[0])
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_guarded__in_a_fork_of_the_caller__has_a_nursery_of_its_own():
    ours = call(acts.parent_process)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, str(call(acts.parent_process)).encode())
            guard._door.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert int(os.read(reading, 100)) != ours
    assert call(acts.parent_process) == ours
    os.close(reading)
    os.close(writing)
