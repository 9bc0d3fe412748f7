"""Take the README's pictures of a demo that is running on a fresh data folder: `make pictures`.

BACKOFFICE_DATA_DIR=/tmp/pictures make demo PORT=8050      # in another terminal
make pictures PORT=8050
"""

import argparse
import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
SIZE = {"width": 1440, "height": 900}
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    address = parser.parse_args().address.rstrip("/")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        deleter = signed_in(browser, address, "deleter")
        plan, run = oldest(deleter, address, "draft"), newest(deleter, address, "finished")
        take(deleter, plan, "plan", height=1300)
        take(deleter, run, "run")
        take(signed_in(browser, address, "auditor"), f"{address}/admin/audit/record/", "audit")
        take(signed_in(browser, address, "deleter", dark=True), f"{address}/admin/", "home-dark")
        take(signed_in(browser, address, "deleter", language="zh-hans"), plan, "plan-zh", height=1300)
        browser.close()


def signed_in(browser: Browser, address: str, name: str, *, dark: bool = False, language: str = "en") -> Page:
    """A page of somebody who has signed in."""
    context = browser.new_context(viewport=SIZE, color_scheme="dark" if dark else "light")
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/admin/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", "try-it-out")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/admin/")
    return page


def newest(page: Page, address: str, state: str) -> str:
    """The address of the newest run in this state."""
    page.goto(f"{address}/admin/operations/run/?state={state}")
    link = page.locator("a.row-link").first
    return address + str(link.evaluate("link => link.pathname"))


def oldest(page: Page, address: str, state: str) -> str:
    """The address of the oldest run in this state: of the drafts the person's own, which was there before the rule's."""
    page.goto(f"{address}/admin/operations/run/?state={state}")
    link = page.locator("a.row-link").last
    return address + str(link.evaluate("link => link.pathname"))


def take(page: Page, address: str, name: str, *, height: int = SIZE["height"]) -> None:
    page.set_viewport_size({"width": SIZE["width"], "height": height})
    page.goto(address)
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main()
