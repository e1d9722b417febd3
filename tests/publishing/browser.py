"""The page as a person uses it: clicks, keys and what is read, by the driver of a browser.

The driver clicks and presses keys as a person does: what a script does in a person's place is allowed by one version
of a browser and refused by another. Every wait has an end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kmsjose import LocalSigner
from kmsjose.encoding import b64url_encode

ISSUER = "https://issuer.example"
#: A name that leads to this machine, but is not trusted as localhost is.
INSECURE = "insecure.example"
#: Seconds until the browser is taken to hang.
WAIT = 60


@dataclass
class Site:
    """A folder that is served, and what was asked of it."""

    folder: Path
    port: int
    asked: list[str] = field(default_factory=list)

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/.well-known/index.html"


@dataclass(frozen=True)
class Verdict:
    """What the page shows of a token."""

    state: str
    told: str
    facts: dict[str, str]
    header: Any
    payload: str

    @property
    def claims(self) -> Any:
        return json.loads(self.payload)


class Page:
    """The page that the browser has open."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser

    def open(self, url: str) -> Page:
        self.browser.get(url)
        return self

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def wait(self, script: str, *arguments: Any) -> Any:
        """What a script returns, once that is neither false nor nothing."""
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self.browser, WAIT, poll_frequency=0.01).until(lambda _: self.run(script, *arguments))

    def click(self, selector: str) -> None:
        """Click an element, as a person does."""
        self.browser.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        """Press keys together with Control, one after the other."""
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        actions = ActionChains(self.browser, duration=0).key_down(Keys.CONTROL)
        for key in keys:
            actions.send_keys(key)
        actions.key_up(Keys.CONTROL).perform()

    def empty(self) -> None:
        """Clear the box for the token by keys, and leave the cursor in it."""
        from selenium.webdriver.common.keys import Keys

        self.click("#token")
        self.press("a")
        self.browser.switch_to.active_element.send_keys(Keys.DELETE)
        self.wait("return !document.getElementById('token').value && !document.getElementById('verdict').dataset.state")

    def insert(self, token: str) -> None:
        """Put a token into the page at once, as pasting does."""
        self.empty()
        self.browser.execute_cdp_cmd("Input.insertText", {"text": token})

    def says(self, token: str) -> Verdict:
        """Put a token into the page, and wait for what it says of it."""
        self.insert(token)
        state, told, facts, header, payload = self.wait(
            """
            const verdict = document.getElementById("verdict"), text = (id) => document.getElementById(id).textContent;
            const facts = [...document.querySelectorAll("#facts div")].map((row) =>
              [...row.children].map((cell) => cell.textContent));
            const { dataset: { state }, innerText } = verdict;
            return state && [state, innerText, Object.fromEntries(facts), text("header"), text("payload")];
            """
        )
        return Verdict(state, told, facts, json.loads(header) if header else None, payload)


def forged(header: object, payload: bytes = b"{}", signature: bytes = b"\0" * 64) -> str:
    """A token of any header, without a key."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b".".join(map(b64url_encode, (data, payload, signature))).decode()


def signed(signer: LocalSigner, header: bytes, payload: bytes) -> str:
    """A token whose signature is good, whatever its header and payload are."""
    content = b".".join((b64url_encode(header), b64url_encode(payload)))
    return b".".join((content, b64url_encode(signer.sign(content)))).decode()
