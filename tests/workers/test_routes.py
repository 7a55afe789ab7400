"""Every fact of the domain leads somewhere on purpose, and every task is led to."""

from __future__ import annotations

import importlib
import pkgutil

import domain
from domain.event import Event
from workers.roster import ROUTES, TASKS


def all_facts() -> set[str]:
    """The names of every event the domain defines."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found, ahead = set(), list(Event.__subclasses__())
    while ahead:
        kind = ahead.pop()
        ahead += kind.__subclasses__()
        if kind.__module__.startswith("domain.") and not kind.__name__.startswith("_"):
            found.add(kind.__name__)
    return found


def test_every_fact_of_the_domain_has_a_route_and_no_route_is_for_a_fact_that_is_none() -> None:
    assert set(ROUTES) == all_facts()


def test_every_route_leads_to_a_task_that_exists_and_every_task_is_led_to() -> None:
    assert {name for names in ROUTES.values() for name in names} == set(TASKS)
