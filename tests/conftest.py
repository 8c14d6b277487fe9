"""Options and Hypothesis profiles that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("dev", max_examples=15, deadline=None, suppress_health_check=_SLOW_TO_DRAW)
# No shrinking in CI: it takes minutes, and a derandomized failure is found again with the dev profile.
_FOUND_IS_ENOUGH = [Phase.explicit, Phase.generate]
settings.register_profile(
    "ci", max_examples=12, deadline=None, derandomize=True, suppress_health_check=_SLOW_TO_DRAW, phases=_FOUND_IS_ENOUGH
)
settings.register_profile("deep", max_examples=400, deadline=None, suppress_health_check=_SLOW_TO_DRAW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files from what the code says now")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server on which databases may be made; without one the tests are skipped, or fail where one is asked for."""
    from tests.support import postgres

    with postgres.server() as found:
        if found is None:
            if os.environ.get(postgres.REQUIRED) == "1":
                pytest.fail(postgres.ABSENT)
            pytest.skip(postgres.ABSENT)
        yield found


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """A new, empty PostgreSQL database of one test."""
    from tests.support import postgres

    with postgres.database(postgres_server) as url:
        yield url
