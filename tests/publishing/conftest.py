"""A browser, and sites that it looks at.

It needs Selenium, and Chromium with its driver, as Debian's packages ``chromium`` and ``chromium-driver`` install them.
Where they are missing, the tests are skipped, but fail where the variable ``CI`` is ``true``. To try another version,
name its two programs in ``KMSJOSE_CHROMIUM`` and ``KMSJOSE_CHROMEDRIVER``.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any

import pytest

from kmsjose import KeySet, LocalSigner
from kmsjose.algorithms import TABLE
from kmsjose.publishing.folder import write_tree
from kmsjose.publishing.tree import tree

from .browser import INSECURE, ISSUER, WAIT, Page, Site

_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    f"--host-resolver-rules=MAP {INSECURE} 127.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[Any]:
    """One Chromium for all tests of a worker."""
    programs = [
        os.environ.get(f"KMSJOSE_{name.upper()}") or shutil.which(name) for name in ("chromium", "chromedriver")
    ]
    if not all(programs) or find_spec("selenium") is None:
        message = "there is no chromium with chromedriver and selenium on this machine"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for option in (*_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The driver is given, so Selenium looks for none on the network.
    driver = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
    driver.set_page_load_timeout(WAIT)
    driver.set_script_timeout(WAIT)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[[KeySet], Site]]:
    """Publish keys, and serve them as any static host would."""
    servers = []

    def publish(keys: KeySet) -> Site:
        folder = tmp_path_factory.mktemp("site")
        write_tree(folder, tree(keys, ISSUER))

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                site.asked.append(self.path)

        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        site = Site(folder, server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return site

    yield publish
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def named(private_keys) -> dict[str, LocalSigner]:
    """A signer of every algorithm, each with a kid of its own."""
    return {row.name: LocalSigner(private_keys[row.name], row.name, f"2026-{row.name}") for row in TABLE}


@pytest.fixture(scope="session")
def site(serve, named) -> Site:
    return serve(KeySet(signer.public_key for signer in named.values()))


@pytest.fixture
def page(browser, site) -> Page:
    return Page(browser).open(site.url())
