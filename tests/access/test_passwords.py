"""Hashing and judging passwords: off the event loop, bounded, and as slow for nobody's account as for somebody's."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher, extract_parameters

from domain.access.model import Weakness
from domain.access.provider import Busy, Verified
from gateways.identity.passwords import Argon2Hasher, HashCost, ZxcvbnJudge
from gateways.identity.threads import Threads
from tests.makers.access import CHEAP, GOOD_PASSWORD


@pytest.fixture
async def real() -> AsyncIterator[Argon2Hasher]:
    made = Argon2Hasher(at_once=1)
    yield made
    made.close()


async def test_a_hash_is_argon2id_at_the_stated_cost_with_a_salt_of_its_own(real: Argon2Hasher) -> None:
    one, other = await real.hashed(GOOD_PASSWORD), await real.hashed(GOOD_PASSWORD)
    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await real.verified(GOOD_PASSWORD, one) == Verified(is_right=True)
    assert await real.verified(GOOD_PASSWORD + "x", one) == Verified(is_right=False)


async def test_an_unknown_account_costs_a_whole_comparison_and_is_never_right(
    hasher: Argon2Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str | bytes] = []
    verify = PasswordHasher.verify

    def noted(of: PasswordHasher, kept: str | bytes, password: str | bytes) -> bool:
        compared.append(kept)
        return verify(of, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    assert await hasher.verified(GOOD_PASSWORD, None) == Verified(is_right=False)
    assert await hasher.verified("", None) == Verified(is_right=False)
    assert compared == [hasher._nobody] * 2
    nobody = extract_parameters(hasher._nobody)
    assert (nobody.memory_cost, nobody.time_cost, nobody.parallelism) == (CHEAP.memory_kib, CHEAP.passes, CHEAP.lanes)


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_what_is_no_hash_is_never_right(hasher: Argon2Hasher, kept: str) -> None:
    assert (await hasher.verified(GOOD_PASSWORD, kept)).is_right is False


async def test_a_hash_of_another_cost_is_made_anew_when_its_password_is_shown(hasher: Argon2Hasher) -> None:
    weaker = Argon2Hasher(HashCost(memory_kib=16, passes=1), at_once=1)
    kept = await weaker.hashed(GOOD_PASSWORD)
    weaker.close()
    verified = await hasher.verified(GOOD_PASSWORD, kept)
    assert verified.better_hash is not None
    assert await hasher.verified(GOOD_PASSWORD, verified.better_hash) == Verified(is_right=True)
    assert (await hasher.verified("wrong", kept)).better_hash is None


async def test_hashing_leaves_the_event_loop_free(real: Argon2Hasher) -> None:
    ticks = 0
    ticking = True

    async def tick() -> None:
        nonlocal ticks
        while ticking:
            ticks += 1
            await asyncio.sleep(0)

    ticker = asyncio.create_task(tick())
    began = ticks
    await asyncio.gather(*(real.hashed(GOOD_PASSWORD) for _ in range(4)))
    ticking = False
    await ticker
    assert ticks - began > 50, "the loop went round while four hashes were made"


async def test_a_full_line_is_told_at_once_and_is_free_again_afterwards() -> None:
    threads = Threads("test", count=1, waiting_max=1)
    release = threading.Event()
    running = [asyncio.create_task(threads.run(lambda: release.wait(10))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await threads.run(lambda: True)
    running[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await threads.run(lambda: True)
    release.set()
    assert await running[1] is True
    assert await threads.run(lambda: 7) == 7
    threads.close()


async def test_what_the_work_raises_reaches_who_asked() -> None:
    threads = Threads("test", count=1, waiting_max=0)

    def broken() -> None:
        raise LookupError("broken")

    for _ in range(3):
        with pytest.raises(LookupError):
            await threads.run(broken)
        await asyncio.sleep(0.01)
    threads.close()


@pytest.mark.parametrize(
    ("password", "about", "weaknesses"),
    [
        (GOOD_PASSWORD, (), set()),
        ("password123", (), {Weakness.GUESSABLE, Weakness.COMMON}),
        ("aaaaaaaaaaaaaaaa", (), {Weakness.GUESSABLE, Weakness.PATTERN}),
        ("abcdefghijkl", (), {Weakness.GUESSABLE, Weakness.PATTERN}),
        ("lovelacex", ("ada.lovelace@mail.example",), {Weakness.GUESSABLE, Weakness.PERSONAL}),
        ("vitrine1", (), {Weakness.GUESSABLE, Weakness.PERSONAL}),
    ],
)
async def test_what_makes_a_password_weak(
    judge: ZxcvbnJudge, password: str, about: tuple[str, ...], weaknesses: set[Weakness]
) -> None:
    assert await judge.weaknesses(password, about=about) == weaknesses


async def test_the_worst_password_to_judge_takes_bounded_time(judge: ZxcvbnJudge) -> None:
    began = time.process_time()
    await judge.weaknesses("4@8({[<369!1|7$5+%20@x2" * 5, about=())
    assert time.process_time() - began < 5, "unbounded it takes minutes"
