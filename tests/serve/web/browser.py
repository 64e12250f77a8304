"""Debian's Chromium, driven by Playwright; where there is none, the tests are skipped, loudly."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or ""
needed = pytest.mark.skipif(
    not CHROMIUM, reason="NO PAGE IS TESTED IN A BROWSER: apt-get install chromium"
)


@contextmanager
def opened(refused: bool = False, **options: object) -> "Iterator[object]":
    """A page of a browser of its own. What its console complains of, and any request to another
    place than this machine, is an error; not where the server is to have `refused` something."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        page.on("request", lambda request: _local(request.url) or complaints.append(request.url))
        yield page
        browser.close()
    if refused:
        complaints = [one for one in complaints if not one.startswith("Failed to load resource")]
    assert not complaints


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "file://", "data:"))
