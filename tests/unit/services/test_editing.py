"""Changing a saved connection: tested before it is saved, secrets apart, each host with its own certificate."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app
from proxbalance_core.domain.connections import Connection
from proxbalance_core.errors import AuthenticationFailed, ConfigError, SourceUnavailable
from proxbalance_core.services.connecting import ConnectionWish
from proxbalance_core.services.editing import ConnectionChange, changed, difference
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.sources.proxmox import certificate_fingerprint
from tests.support.pve_server import PASSWORD, SECRET, TOKEN_ID, USER, FakeCluster, PveServer, Running, running


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[Running]]:
    """Two hosts of one cluster, each with a certificate of its own."""
    cluster = FakeCluster(nodes=3, guests=12)
    with ExitStack() as both:
        started = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            started.append(both.enter_context(running(PveServer(cluster), tmp_path / name)))
        yield started


@pytest.fixture
def bench(tmp_path: Path, hosts: list[Running]) -> Iterator[Workbench]:
    """Connected through the first host by its fingerprint, and collected once."""
    with Workbench.open(tmp_path / "data") as made:
        options = {"host": at(hosts[0]), "token_id": TOKEN_ID, "fingerprint": shown(hosts[0]), "timeout_s": "5"}
        made.add_connection(ConnectionWish(title="lab", options=tuple(options.items()), secret=SECRET))
        made.collect("lab")
        yield made


def at(host: Running) -> str:
    return f"127.0.0.1:{host.port}"


def shown(host: Running) -> str:
    return certificate_fingerprint("127.0.0.1", host.port)


def options(**given: str) -> ConnectionChange:
    return ConnectionChange(options=tuple(given.items()))


def edit(tmp_path: Path, *args: str, secret: str = "") -> Result:
    env = {"PROXBALANCE_DATA": str(tmp_path / "data"), "PROXBALANCE_SECRET": secret}
    return CliRunner(env=env).invoke(app, ["connections", "edit", "lab", *args])


def test_a_title_is_changed_without_asking_the_cluster(bench: Workbench, hosts: list[Running]) -> None:
    hosts[0].server.faults.status = 503
    made = bench.edit_connection("lab", ConnectionChange(title="Office"))
    assert (made.id, made.title) == ("lab", "Office")
    assert bench.connection("lab") == made
    assert bench.store.inventories.get("lab") is not None


def test_what_fails_its_test_is_not_saved(bench: Workbench) -> None:
    before = bench.connection("lab")
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:1"):
        bench.edit_connection("lab", options(host="127.0.0.1:1"))
    with pytest.raises(ConfigError, match="refused the credentials"):
        bench.edit_connection("lab", ConnectionChange(secret="wrong"))
    assert bench.connection("lab") == before
    assert bench.secrets.get("lab") == {"secret": SECRET}


def test_a_password_takes_the_place_of_a_token(bench: Workbench) -> None:
    made = bench.edit_connection("lab", ConnectionChange(options=(("user", USER),), secret=PASSWORD))
    assert made.option("user") == USER and made.option("token_id") == ""
    assert PASSWORD not in str(made.options) and bench.secrets.get("lab") == {"secret": PASSWORD}
    bench.collect("lab")


def test_one_way_to_check_the_certificate_takes_the_place_of_another(bench: Workbench, hosts: list[Running]) -> None:
    made = bench.edit_connection("lab", options(ca_file=hosts[0].ca_file))
    assert made.option("ca_file") and not made.option("fingerprint")
    assert not bench.edit_connection("lab", options(verify="off")).option("ca_file")


def test_each_host_has_its_own_certificate(bench: Workbench, hosts: list[Running]) -> None:
    both = options(host=",".join(map(at, hosts)))
    # The fingerprint of the one host was for all; the other shows another one.
    found = bench.test_connection(changed(bench, "lab", both))
    failed = next(step for step in found.steps if not step.ok)
    assert failed.step == "certificate" and found.pins in str(failed.what_to_do)
    assert found.certificates == tuple((at(host), shown(host)) for host in hosts)
    pinned = options(host=",".join(map(at, hosts)), fingerprint=found.pins)
    made = bench.edit_connection("lab", pinned)
    assert set(made.option("known_fingerprint").split(",")) >= {shown(host) for host in hosts}
    hosts[0].server.faults.status = 503
    assert len(bench.collect("lab").guests) == 12


def test_the_wrong_certificate_of_the_second_host_is_found_before_it_is_needed(
    bench: Workbench, hosts: list[Running]
) -> None:
    pins = f"{at(hosts[0])}={shown(hosts[0])},{at(hosts[1])}={'00' * 32}"
    with pytest.raises(ConfigError, match=rf"{at(hosts[1])} is not the pinned one"):
        bench.edit_connection("lab", options(host=",".join(map(at, hosts)), fingerprint=pins))


def test_a_host_that_is_not_pinned_is_checked_by_the_authorities(bench: Workbench, hosts: list[Running]) -> None:
    both = {"host": ",".join(map(at, hosts)), "fingerprint": f"{at(hosts[0])}={shown(hosts[0])}"}
    with pytest.raises(ConfigError, match=rf"{at(hosts[1])} can't be verified"):
        bench.edit_connection("lab", options(**both))
    made = bench.edit_connection("lab", options(**both, ca_file=hosts[1].ca_file))
    hosts[0].server.faults.status = 503
    assert made and len(bench.collect("lab").guests) == 12


def test_pins_of_hosts_that_stay_are_kept(bench: Workbench, hosts: list[Running]) -> None:
    one, two = map(at, hosts)
    in_order = ",".join(map(shown, hosts))
    bench.edit_connection("lab", options(host=f"{one},{two}", fingerprint=in_order))
    made = bench.edit_connection("lab", options(host=two))
    assert made.option("fingerprint") == f"{two}={shown(hosts[1])}"
    bench.collect("lab")


def test_a_host_that_can_not_answer_now_does_not_stop_a_change(bench: Workbench, hosts: list[Running]) -> None:
    hosts[1].server.faults.status = 503
    pins = ",".join(f"{at(host)}={shown(host)}" for host in hosts)
    wish = changed(bench, "lab", options(host=",".join(map(at, hosts)), fingerprint=pins))
    found = bench.test_connection(wish)
    assert found.ok and any("status 503" in step.detail for step in found.steps)
    silent = changed(bench, "lab", options(host=f"{at(hosts[0])},127.0.0.1:1"))
    assert "127.0.0.1:1 does not" in bench.test_connection(silent).steps[0].detail


def test_another_cluster_is_no_change_of_this_one(bench: Workbench, hosts: list[Running]) -> None:
    was = bench.connection("lab")
    renamed = tuple((dict(was.options) | {"cluster": "elsewhere"}).items())
    bench.store.connections.put(dataclasses.replace(was, options=renamed))
    with pytest.raises(ConfigError, match=r"not 'elsewhere'\. Add it as a connection of its own"):
        bench.edit_connection("lab", options(timeout_s="7"))


def test_a_collector_elsewhere_takes_the_change_up(bench: Workbench, hosts: list[Running], tmp_path: Path) -> None:
    with Workbench.open(tmp_path / "data") as other:
        other.edit_connection("lab", options(host=at(hosts[1]), fingerprint=shown(hosts[1])))
    asked = len(hosts[1].server.requests)
    bench.collect("lab")
    assert len(hosts[1].server.requests) > asked


def test_a_new_secret_is_taken_up_after_the_old_one_was_refused(bench: Workbench, hosts: list[Running]) -> None:
    bench.secrets.put("lab", {"secret": "outdated"})
    with Workbench.open(bench.paths.root) as fresh:
        with pytest.raises(AuthenticationFailed):
            fresh.collect("lab")
        bench.edit_connection("lab", ConnectionChange(secret=SECRET))
        fresh.collect("lab")


def test_the_demo_has_a_title_and_nothing_else(tmp_path: Path) -> None:
    with Workbench.open(tmp_path) as bench:
        bench.add_demo()
        assert bench.edit_connection("demo", ConnectionChange(title="Playground")).title == "Playground"
        with pytest.raises(ConfigError, match="is not a Proxmox cluster: only its title can be changed"):
            bench.edit_connection("demo", options(host="pve1"))


def test_the_command(bench: Workbench, hosts: list[Running], tmp_path: Path) -> None:
    done = edit(tmp_path, "--title", "Office", "--timeout", "9", "--interval", "30", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["connection"], told["title"]) == ("lab", "Office")
    assert bench.connection("lab").option("timeout_s") == "9"
    assert bench.settings("lab").interval_s == 30
    assert bench.store.settings.history("lab")[0].who == "command line"
    people = edit(tmp_path, "--user", USER, secret=PASSWORD)
    assert people.exit_code == 0 and people.stdout.strip() == "Changed 'lab'."
    assert bench.secrets.get("lab") == {"secret": PASSWORD}


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "Say what to change"),
        (("--interval", "1"), 1, "interval_s: is between 10 and 3600"),
        (("--host", "127.0.0.1:1"), 1, "127.0.0.1:1"),
        (("--fingerprint", "other:8006=" + "00" * 32), 1, "one fingerprint for all hosts"),
        (("--new-secret",), 1, "refused the credentials"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    bench: Workbench, tmp_path: Path, args: tuple[str, ...], code: int, said: str
) -> None:
    before = bench.connection("lab"), bench.settings("lab")
    done = edit(tmp_path, *args, secret="wrong")
    assert done.exit_code == code and said in done.stderr and done.stderr.count("\n") == 1
    assert (bench.connection("lab"), bench.settings("lab")) == before


def test_a_host_is_told_that_went_away(bench: Workbench, hosts: list[Running]) -> None:
    bench.edit_connection("lab", options(timeout_s="1"))
    hosts[0].server.faults.delay_s = 2
    with pytest.raises(SourceUnavailable, match="within 1 s"):
        bench.collect("lab")


@pytest.mark.parametrize(
    ("before", "filled", "found"),
    [
        ({"host": "a"}, {"host": "a", "verify": "on"}, {}),
        ({"host": "a", "verify": "on"}, {"host": "b"}, {"host": "b"}),
        ({"host": "a", "fingerprint": "AA"}, {"host": "a", "verify": "on"}, {"fingerprint": ""}),
        ({"host": "a", "fingerprint": "AA"}, {"host": "a", "verify": "off"}, {"verify": "off"}),
        ({"host": "a", "verify": "off"}, {"host": "a", "ca_file": "/c"}, {"ca_file": "/c"}),
        ({"host": "a", "token_id": "u@pve!t"}, {"host": "a", "user": "u@pve"}, {"user": "u@pve"}),
        ({"host": "a", "user": "u@pve", "token_name": "t"}, {"host": "a", "token_id": "u@pve!t"}, {}),
        ({"host": "a"}, {"host": ""}, {}),
    ],
)
def test_what_a_form_changes(before: dict[str, str], filled: dict[str, str], found: dict[str, str]) -> None:
    old = Connection(id="x", title="X", source="proxmox", created_at=datetime(2026, 1, 1, tzinfo=UTC),
                     options=tuple(before.items()))  # fmt: skip
    assert difference(old, "X", filled, "") == ConnectionChange(options=tuple(found.items()))
    assert difference(old, "Y", filled, "s") == ConnectionChange(title="Y", options=tuple(found.items()), secret="s")
