"""Rate limits that several processes count together in a real Redis, and what a Redis that is slow or gone costs."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from offchain.api.rates import RateLimits
from offchain.config import RateSettings
from scripts.processes import LOOPBACK, free_port, running


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server, port = shutil.which("redis-server"), free_port()
    if server is None:
        pytest.skip("Redis is not installed")
    command = [server, "--port", str(port), "--bind", LOOPBACK, "--save", "", "--appendonly", "no"]
    with running(command, "Ready to accept connections"):
        yield f"redis://{LOOPBACK}:{port}"


@pytest.fixture
def silent_url() -> Iterator[str]:
    """Something that takes connections and never says a word."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield f"redis://{LOOPBACK}:{server.getsockname()[1]}"


def service(storage: str, plain: str = "3/minute") -> httpx.AsyncClient:
    app = FastAPI()
    app.add_middleware(RateLimits, settings=RateSettings(plain, "1/minute", storage, ()))

    @app.get("/healthz")
    @app.get("/v1/works")
    async def answer() -> str:
        return "yes"

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


async def asked(client: httpx.AsyncClient, times: int) -> list[int]:
    return [(await client.get("/v1/works")).status_code for _ in range(times)]


def test_ask__two_processes_over_one_redis__count_together(redis_url: str):
    Redis.from_url(redis_url).flushall()

    async def ask() -> list[int]:
        async with service(redis_url) as one, service(redis_url) as other:
            return await asked(one, 2) + await asked(other, 2)

    assert asyncio.run(ask()) == [200, 200, 200, 429]


async def order_of_answers(client: httpx.AsyncClient, counted: int) -> list[str]:
    """Which of `counted` requests that are counted and one that is not, sent after them, ends first."""
    ended: list[str] = []

    async def ask(path: str) -> None:
        answer = await client.get(path)
        ended.append(f"{path} {answer.status_code}")

    async with asyncio.TaskGroup() as tasks:
        for _ in range(counted):
            tasks.create_task(ask("/v1/works"))
        await asyncio.sleep(0.1)  # all of them wait for Redis now
        tasks.create_task(ask("/healthz"))
    return ended


def test_ask__redis_stopped__others_are_answered_meanwhile_and_nobody_waits_for_its_end(redis_url: str):
    """More wait than there are threads for them: requests that are not counted need none."""
    process = int(Redis.from_url(redis_url).info("server")["process_id"])

    async def ask() -> list[str]:
        async with service(redis_url, "100/minute") as client:
            return await order_of_answers(client, 40)

    os.kill(process, signal.SIGSTOP)
    try:
        ended = asyncio.run(ask())
    finally:
        os.kill(process, signal.SIGCONT)
    assert ended == ["/healthz 200", *["/v1/works 200"] * 40]


def test_ask__redis_never_answers__the_process_counts_by_itself(silent_url: str):
    async def ask() -> list[int]:
        async with service(silent_url) as client:
            return await asked(client, 5)

    assert asyncio.run(ask()) == [200, 200, 200, 429, 429]


def test_ask__no_redis__the_process_counts_by_itself():
    async def ask() -> list[int]:
        async with service(f"redis://{LOOPBACK}:{free_port()}") as client:
            return await asked(client, 4)

    assert asyncio.run(ask()) == [200, 200, 200, 429]
