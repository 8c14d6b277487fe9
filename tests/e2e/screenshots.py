"""Take every page in light, dark and narrow, to look at: ``screenshots.py URL FOLDER [PAGE...]``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PAGES = (
    "overview",
    "recommendations",
    "cluster_map",
    "compare",
    "what_if",
    "tuning",
    "backtest",
    "patterns",
    "diagnostics",
    "upload",
    "settings",
)
LOOKS = {
    "light": ("light", 1280, 800),
    "dark": ("dark", 1280, 800),
    "narrow": ("light", 420, 900),
}


def settle(page: Page) -> None:
    """Wait until the script has run, every element's own script is loaded, and the charts are drawn."""
    page.wait_for_selector("[data-testid='stApp']")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && document.querySelector('h2') && !document.querySelector('[data-testid=stSkeleton]')",
        timeout=60_000,
    )
    page.wait_for_timeout(1200)


def shoot(browser: Browser, url: str, folder: Path, keys: tuple[str, ...]) -> None:
    for look, (scheme, width, height) in LOOKS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        for key in keys:
            page.goto(f"{url}/{'' if key == 'overview' else key}")
            settle(page)
            page.screenshot(path=folder / f"{key}-{look}.png")
            # Streamlit scrolls inside its main element: a tall window shows the whole page.
            main = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, int(main))})
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{key}-{look}-full.png")
            page.set_viewport_size({"width": width, "height": height})
        context.close()


def main() -> None:
    url, folder = sys.argv[1].rstrip("/"), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        shoot(browser, url, folder, tuple(sys.argv[3:]) or PAGES)
        browser.close()


if __name__ == "__main__":
    main()
