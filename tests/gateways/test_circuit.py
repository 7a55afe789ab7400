"""When a provider is asked no more, and when again."""

from __future__ import annotations

from gateways.payments.circuit import FAILURES_MAX, OPEN_SECONDS, Circuit


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _opened() -> tuple[Circuit, Clock]:
    clock = Clock()
    circuit = Circuit(clock)
    for _ in range(FAILURES_MAX):
        assert circuit.lets_through()
        circuit.failed()
    return circuit, clock


def test_so_many_calls_in_a_row_without_an_answer_open_it() -> None:
    circuit, _ = _opened()
    assert circuit.is_open
    assert not circuit.lets_through()


def test_an_answer_between_begins_anew() -> None:
    circuit = Circuit(Clock())
    for _ in range(3):
        for _ in range(FAILURES_MAX - 1):
            circuit.failed()
        circuit.answered()
    assert not circuit.is_open


def test_after_a_while_one_call_tries_and_its_answer_closes_it() -> None:
    circuit, clock = _opened()
    clock.now += OPEN_SECONDS
    assert [circuit.lets_through() for _ in range(3)] == [True, False, False]
    circuit.answered()
    assert not circuit.is_open
    assert circuit.lets_through()


def test_a_trial_that_fails_leaves_it_open_for_as_long_again() -> None:
    circuit, clock = _opened()
    clock.now += OPEN_SECONDS
    assert circuit.lets_through()
    circuit.failed()
    clock.now += OPEN_SECONDS - 1
    assert not circuit.lets_through()
    clock.now += 1
    assert circuit.lets_through()


def test_a_trial_whose_end_nobody_told_does_not_hold_the_others_back_for_ever() -> None:
    circuit, clock = _opened()
    clock.now += OPEN_SECONDS
    assert circuit.lets_through()
    clock.now += OPEN_SECONDS
    assert circuit.lets_through()
