"""Wrong tokens, foreign hosts and origins, wrong bodies: one sentence each, nothing lost, no secret told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from proxbalance_core.api.guards import HEADERS, MOST_BYTES, host_allowed
from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.api.patience import LONGEST_S, Patience
from proxbalance_core.services import access
from proxbalance_core.services.workbench import Workbench
from tests.api.conftest import BASE, HOSTS, Api, served

JSON = {"Content-Type": "application/json"}


def test_health_needs_no_token_and_tells_nothing_else(api: Api) -> None:
    answer = api.ask("GET", "/health", token=None)
    assert answer.json() == {"status": "ok", "clusters": 1, "stale_clusters": 0}


def test_until_the_database_is_open_everything_else_waits() -> None:
    client = served(lambda: None, [])
    assert client.get("/api/v1/health").json()["status"] == "starting"
    answer = client.get("/api/v1/info", headers={"Authorization": "Bearer pxb_x_y"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "not open yet" in answer.json()["detail"]


def test_figures_that_grew_old_are_told(api: Api) -> None:
    now = api.bench.clock()
    api.bench.clock = lambda: now + timedelta(hours=2)
    assert api.ask("GET", "/health", token=None).json()["status"] == "stale"


@pytest.mark.parametrize("shown", [None, "wrong", "pxb_00000000_wrong", "pxb_" + "x" * 5000, "pxb__", "_", "\xff\xfe"])
def test_without_a_right_token_there_is_nothing(api: Api, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": f"Bearer {shown}".encode("latin-1")}
    answer = api.client.get("/api/v1/info", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["detail"].startswith("This needs an API token" if shown is None else "This is no API token")


def test_a_right_id_with_a_wrong_secret_is_refused_like_an_unknown_one(api: Api) -> None:
    tid = api.token.split("_")[1]
    status, detail, _ = api.refused("GET", "/info", token=f"pxb_{tid}_{'A' * 43}")
    assert (status, detail) == (401, "This is no API token of this ProxBalance.")


def test_a_revoked_token_is_told_so(api: Api) -> None:
    gone, secret = access.add_token(api.bench, "old", ("read",))
    access.revoke_token(api.bench, gone.id)
    status, detail, _ = api.refused("GET", "/info", token=secret)
    assert status == 401
    assert detail.startswith("This token was revoked at ")


def test_a_scraper_may_not_read(api: Api) -> None:
    _, secret = access.add_token(api.bench, "prometheus", ("scrape",))
    status, detail, _ = api.refused("GET", "/info", token=secret)
    assert (status, detail) == (403, "This needs a token with the scope 'read'; this one has scrape.")


def test_refusals_wait_longer_each_time_but_not_for_ever(api: Api) -> None:
    for _ in range(7):
        api.refused("GET", "/info", token="wrong")
    assert api.waited == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, LONGEST_S]


def test_patience_is_by_client_and_forgets() -> None:
    now = 0.0
    patience = Patience(clock=lambda: now)
    assert [patience.wait_s("a"), patience.wait_s("a"), patience.wait_s("b")] == [0.25, 0.5, 0.25]
    now = 301.0
    assert patience.wait_s("a") == 0.25


def test_refusals_are_logged_without_what_was_shown(api: Api) -> None:
    gone, secret = access.add_token(api.bench, "old", ("scrape",))
    with capture_logs() as logs:
        api.refused("GET", "/info", token="pxb_feedbeef_hunter2hunter2")
        api.refused("GET", "/info", token=secret)
    assert [log["event"] for log in logs] == ["an API request was refused"] * 2
    assert [log["token"] for log in logs] == [None, gone.id]
    assert "hunter2" not in str(logs)
    assert secret.split("_", 2)[2] not in str(logs)


def test_no_refusal_tells_a_secret_in_a_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    title, revoked = access.add_token(api.bench, "gone", ("write",))
    access.revoke_token(api.bench, title.id)
    _, reader = access.add_token(api.bench, "reader", ("read",))
    with capture_logs() as logs:
        assert api.refused("GET", "/info", token=revoked)[0] == 401
        assert api.refused("POST", "/generate", token=reader, json={})[0] == 403
        for host in ("evil.example", "127.0.0.1.evil.example"):
            assert api.ask("GET", "/info", headers={"Host": host}).status_code == 421
        assert api.refused("POST", "/collect", headers={"Origin": "https://evil.example"})[0] == 403
        assert api.refused("PUT", "/settings", content="{hunter2", headers=JSON)[0] == 400
        assert api.refused("PUT", "/settings", content=b"x" * 10 * MOST_BYTES, headers=JSON)[0] == 413
        assert api.refused("POST", "/simulate", json={"settings": {}, "hunter2": 1})[0] == 422
    told = str(logs) + caplog.text
    for secret in (revoked, reader, api.token):
        assert secret.split("_", 2)[2] not in told
    assert "hunter2" not in told


def test_only_a_digest_is_kept(api: Api, folder: Path) -> None:
    secret = api.token.split("_", 2)[2]
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if secret.encode() in file.read_bytes()]
    assert secret not in repr(access.tokens(api.bench))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:x", "a@127.0.0.1", ""])
def test_another_host_is_refused_on_every_path(api: Api, host: str) -> None:
    for path in ("/api/v1/health", "/", "/anything"):
        answer = api.client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.json()["detail"].startswith("The app is not reached by this host name")


@pytest.mark.parametrize(
    ("host", "allowed", "passes"),
    [
        ("lab.example.org:8501", ("*.example.org",), True),
        ("example.org", ("*.example.org",), False),
        ("LAB.", ("lab",), True),
        ("[::1]:8501", ("::1",), True),
        ("anything", ("*",), True),
        ("anything", (), True),
        (None, ("lab",), False),
    ],
)
def test_hosts_mean_what_they_mean_to_streamlit(host: str | None, allowed: tuple[str, ...], passes: bool) -> None:
    assert host_allowed(host, allowed) is passes


def test_hosts_are_judged_as_streamlit_judges_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.web.server.starlette import starlette_websocket as theirs

    allowed = ["127.0.0.1", "*.lab.example"]
    monkeypatch.setattr(theirs.config, "get_option", lambda name: allowed)
    hosts = [
        "127.0.0.1",
        "127.0.0.1:80",
        "a.lab.example",
        "lab.example",
        "x",
        "a/b",
        "u@127.0.0.1",
        "127.0.0.1:bad",
        "[",
    ]
    assert [host_allowed(host, allowed) for host in hosts] == [theirs.is_host_allowed(host) for host in hosts]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_writes_of_another_site_are_refused(api: Api, headers: dict[str, str]) -> None:
    before = api.bench.settings("demo")
    status, detail, _ = api.refused("POST", "/settings/reset", headers=headers)
    assert (status, detail) == (403, "Requests from another site may change nothing here.")
    assert api.bench.settings("demo") == before


def test_the_apps_own_origin_may_write(api: Api) -> None:
    answer = api.ask("POST", "/nothing", headers={"Origin": "http://127.0.0.1:8501", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 404


def test_a_body_of_10_mb_is_not_read(api: Api) -> None:
    status, detail, field = api.refused("POST", "/whatif", content=b"[" * (10 << 20), headers=JSON)
    assert (status, field) == (413, "body")
    assert "1,024 KB at most" in detail


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_too(api: Api) -> None:
    def endless() -> object:
        for _ in range(20):
            yield b" " * (MOST_BYTES // 10)

    answer = api.client.post(
        "/api/v1/settings/reset", content=endless(), headers={**JSON, "Authorization": f"Bearer {api.token}"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_of_another_site_could_send_is_refused(api: Api, media: str) -> None:
    status, detail, _ = api.refused("POST", "/whatif", content=b'{"changes": []}', headers={"Content-Type": media})
    assert status == 415
    assert "Content-Type: application/json" in detail


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/info", "/api/v1/nothing", "/api/v1/../etc"])
def test_unknown_paths_are_a_problem_in_json(api: Api, path: str) -> None:
    status, detail, _ = api.refused("GET", path)
    assert status == 404
    assert "/api/v1/openapi.json" in detail


def test_a_name_with_a_line_feed_is_a_name(api: Api) -> None:
    status, detail, _ = api.refused("GET", "/nodes/pve%0A1")
    assert status == 404 and "There is no node" in detail


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_unknown_methods_are_told_what_there_is(api: Api, method: str) -> None:
    answer = api.ask(method, "/info")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["detail"] == "This path takes GET, HEAD."


def test_every_answer_has_the_safe_headers(api: Api) -> None:
    for path in ("/api/v1/health", "/api/v1/nothing", "/nothing"):
        headers = api.client.get(path).headers
        assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_an_unknown_key_of_a_query_is_named(api: Api) -> None:
    assert api.refused("GET", "/health?verbose=1") == (
        422, "query.verbose: this key is not part of the format.", "query.verbose",
    )  # fmt: skip
    assert api.refused("GET", "/info?a=1&a=2")[1:] == ("query.a: it is given twice.", "query.a")


def test_what_should_not_happen_is_a_problem_too(folder: Path) -> None:
    with Workbench.open(folder) as bench:
        _, secret = access.add_token(bench, "t", ("read",))
        bench.connections = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
        client = served(lambda: bench, [])
        client._transport.raise_server_exceptions = False
        answer = client.get("/api/v1/info", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith("It failed in a way that should not happen")
    assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("base", ["balance", "/tools/balance/"])
def test_the_api_is_under_the_path_of_the_pages(api: Api, base: str) -> None:
    app = Starlette(routes=routes(lambda: api.bench, base_path=base), middleware=guards(lambda: HOSTS))
    client = TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {api.token}"})
    below = f"/{base.strip('/')}"
    assert client.get(f"{below}/api/v1/nodes").status_code == 200
    assert client.get(f"{below}/metrics").status_code == 200
    assert client.get(f"{below}/api/v1/openapi.json").json()["servers"] == [{"url": below}]
    assert api.get("/openapi.json")["servers"] == [{"url": "/"}]
    assert {client.get(path).status_code for path in ("/api/v1/nodes", "/metrics", "/api")} == {404}


@pytest.mark.parametrize("base", ["", "/tools/balance/"])
def test_the_first_page_has_a_name_too(api: Api, base: str) -> None:
    app = Starlette(
        routes=routes(lambda: api.bench, base_path=base, front_page="overview"), middleware=guards(lambda: HOSTS)
    )
    client, below = TestClient(app, base_url=BASE, follow_redirects=False), base.rstrip("/")
    there = client.get(f"{below}/overview?cluster=demo&look=1")
    assert (there.status_code, there.headers["location"]) == (307, f"{below}/?cluster=demo&look=1")
    assert client.get(f"{below}/overview").headers["location"] == f"{below}/"
    assert "content-security-policy" in there.headers
    assert client.get(f"{below}/overviews").status_code == 404
