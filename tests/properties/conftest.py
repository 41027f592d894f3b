"""Runs a property on as many cases as its share promises, and tells how many they were."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from tests.properties.shares import cases_of

T = TypeVar("T")
Many = Callable[[SearchStrategy[T], Callable[[T], object]], None]


@pytest.fixture
def many(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Many[Any]:
    """Calls a check with each of many cases; fails with the smallest case that it fails on, and on fewer cases."""
    promised = cases_of(request.node.originalname)

    def run(strategy: SearchStrategy[Any], check: Callable[[Any], object]) -> None:
        ran = 0

        @wraps(check)
        def counted(*case: Any, **named: Any) -> None:
            nonlocal ran
            check(*case, **named)
            ran += 1

        unhurried = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
        chosen = settings(max_examples=promised, suppress_health_check=unhurried)
        chosen(given(strategy)(counted))()
        record_property("cases", ran)
        assert ran >= promised

    return run
