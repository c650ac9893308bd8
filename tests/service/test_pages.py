"""The pages for people: they need neither the internet nor the key, and they load nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from light import light_server

from store.store import Store

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
KEY = "correct-horse-battery"


@pytest.fixture(params=[None, KEY], ids=["open", "with a key"])
def url(store: Store, request: pytest.FixtureRequest) -> Iterator[str]:
    with light_server(store.folder.root, store, api_key=request.param) as (address, _):
        yield address


def test_the_start_says_what_this_is_and_where_to_go_on(url: str) -> None:
    page = httpx.get(f"{url}/", headers={"accept": "text/html,*/*"})
    plain = httpx.get(f"{url}/")

    assert page.status_code == plain.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert re.findall(r'href="([^"]+)"', page.text) == ["docs", "openapi.json", "healthz", "readyz"]
    assert plain.json()["docs"] == "/docs"
    assert plain.json()["version"] in page.text


def test_the_description_of_the_interface_is_whole_without_the_internet(url: str) -> None:
    page = httpx.get(f"{url}/docs")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert len(parts) >= 4
    assert not [part for part in parts if "//" in part]
    for part in parts:
        if part != "openapi.json":
            file = httpx.get(f"{url}/{part}")
            assert (file.status_code, len(file.content) > 100) == (200, True), part
            assert file.headers["content-type"].startswith(("text/css", "text/javascript"))


def test_pages_and_files_cannot_be_turned_against_the_reader(url: str) -> None:
    for path in ("/", "/docs"):
        headers = httpx.get(url + path, headers={"accept": "text/html"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in policy.get("script-src", "")
        assert "http" not in headers["content-security-policy"]
    for path in ("/docs/nothing", "/docs/..%2fapp.py", "/docs/start.html"):
        assert httpx.get(url + path, headers={"authorization": f"Bearer {KEY}"}).status_code == 404


def test_only_pages_without_data_are_open(url: str) -> None:
    answers = [
        httpx.get(url + path, timeout=60).status_code
        for path in ("/openapi.json", "/docs/", "/docs/x", "/readyz", "//docs")
    ]

    assert 200 not in answers or httpx.get(f"{url}/v1/domains").status_code == 200


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_a_browser_shows_the_interface_or_asks_for_the_key(url: str) -> None:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    budget = ["--virtual-time-budget=10000", "--timeout=20000", "--dump-dom"]
    shown = subprocess.run(
        [str(BROWSER), *flags, *budget, f"{url}/docs"], capture_output=True, text=True, check=False, timeout=120
    ).stdout

    if httpx.get(f"{url}/openapi.json", timeout=60).status_code == 401:
        assert '<form id="key">' in shown  # no longer hidden
    else:
        assert '<form id="key" hidden' in shown
        assert "/v1/domains/{domain}/search" in shown.replace("\u200b", "").replace("<wbr>", "")
