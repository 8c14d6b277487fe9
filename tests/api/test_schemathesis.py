"""Whatever a caller makes up from the API's own description: no crash, and answers as they are described."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.applications import Starlette

from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.api.openapi import document
from proxbalance_core.api.patience import Patience
from proxbalance_core.services.access import add_token
from proxbalance_core.services.workbench import Workbench
from tests.api.conftest import BASE, HOSTS

SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
EXAMPLES = 12
# A made-up guest, node or generation is refused though its form is right; tokens are tested by themselves.
LEFT_OUT = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in ("positive_data_acceptance", "ignored_auth", "unsupported_method")
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[tuple[Starlette, str]]:
    """The app over a copy of the demo cluster, and a token that may do all."""
    folder = tmp_path_factory.mktemp("fuzzed") / "data"
    shutil.copytree(demo_folder, folder)
    with Workbench.open(folder) as bench:
        _, secret = add_token(bench, "fuzz", ("write",))
        yield Starlette(routes=routes(lambda: bench, Patience(0.0)), middleware=guards(lambda: HOSTS)), secret


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_what_the_description_allows_never_breaks_it(app: tuple[Starlette, str], path: str, method: str) -> None:
    served, secret = app

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=SCHEMA[path][method].as_strategy())
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(
            app=served, base_url=BASE, headers={"Authorization": f"Bearer {secret}"}, excluded_checks=LEFT_OUT
        )

    asked()
