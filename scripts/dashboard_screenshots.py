"""Takes the pictures in docs/dashboard: every page, wide and narrow, light and dark.

`python scripts/dashboard_screenshots.py URL KEY`, where URL is that of a server with some jobs,
an eval with two runs, a stored answer and a distillation: `make demo KEEP=1 MODEL=understudy-mini`,
`examples/evals.py` and `understudy distill` make them.
"""

import io
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from openai import OpenAI
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).parent.parent / "docs" / "dashboard"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
WIDE, NARROW = (1280, 800), (390, 800)
TALLEST = 1500
SETTLED_MS = 1500
COLORS = 256


def main() -> None:
    """Take all pictures."""
    url, key = sys.argv[1].rstrip("/").removesuffix("/v1"), sys.argv[2]
    with OpenAI(base_url=f"{url}/v1", api_key=key) as client:
        addresses = dict(pages(client))
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or "chromium"
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        take(browser, url, None, {"sign-in": "/"}, WIDE, "light", "en")
        for size, theme, language in (
            (WIDE, "light", "en"),
            (WIDE, "dark", "en"),
            (NARROW, "light", "zh"),
            (NARROW, "dark", "en"),
        ):
            take(browser, url, key, addresses, size, theme, language)
        browser.close()


def pages(client: OpenAI) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of every page, with the newest of each thing."""
    job = next(iter(client.fine_tuning.jobs.list(limit=1)))
    made = next(iter(client.evals.list(limit=1, order="desc")))
    newest, before = list(client.evals.runs.list(made.id, order="desc", limit=2))[:2]
    stored = next(iter(client.chat.completions.list(limit=1, order="desc")))
    distilled: Any = client.get("/x/distillations?limit=1", cast_to=object)
    yield "overview", "/"
    yield "jobs", "/fine-tuning"
    yield "new-job", f"/fine-tuning/new?file={job.training_file}"
    yield "job", f"/fine-tuning/{job.id}"
    both = json.dumps([job.model, job.fine_tuned_model])
    yield "playground", f"/playground?models={quote(both)}"
    yield "files", "/files"
    yield "file", f"/files/{job.training_file}"
    yield "evals", "/evals"
    yield "new-eval", "/evals/new"
    yield "eval", f"/evals/{made.id}"
    yield "run", f"/evals/{made.id}/runs/{newest.id}"
    yield "comparison", f"/evals/{made.id}/compare?base={before.id}&candidate={newest.id}"
    yield "distillation", f"/distillations/{distilled['data'][0]['id']}"
    yield "new-distillation", "/distillations/new"
    yield "logs", "/logs"
    yield "log", f"/logs/completions/{stored.id}"
    yield "models", "/models"
    yield "add-base", "/models"
    yield "keys", "/keys"


def take(
    browser: Browser,
    url: str,
    key: str | None,
    addresses: dict[str, str],
    size: tuple[int, int],
    theme: str,
    language: str,
) -> None:
    """Take one picture of each page in one look."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    kept = {"understudy.theme": theme, "understudy.language": language}
    script = "".join(f"localStorage.setItem('{name}', '{value}');" for name, value in kept.items())
    if key is not None:
        script += f"sessionStorage.setItem('understudy.key', '{key}');"
    context.add_init_script(script)
    page = context.new_page()
    for name, address in addresses.items():
        page.goto(url + address)
        page.wait_for_timeout(SETTLED_MS)
        if name in PREPARED:
            PREPARED[name](page)
            page.evaluate("scrollTo(0, 0)")
        width = "wide" if size == WIDE else "narrow"
        keep(page.screenshot(full_page=True), PICTURES / f"{name}-{width}-{theme}.png")
    context.close()


def talk(page: Page) -> None:
    """Let there be something to see in the playground."""
    page.locator("textarea").first.fill("I have a question about my parcel.")
    page.keyboard.press("Enter")
    page.wait_for_timeout(2 * SETTLED_MS)


def divide(page: Page) -> None:
    """Let the form of a new job say how it would divide the file."""
    page.get_by_role("radio").filter(has_text=re.compile("Split|划分")).click()
    page.wait_for_timeout(SETTLED_MS)


def add_base(page: Page) -> None:
    """Open the catalogue."""
    page.get_by_role("button", name=re.compile("Add a base|添加")).click()
    # The first time, a process looks at the machine.
    page.get_by_role("dialog").get_by_role("row").nth(1).wait_for(timeout=60_000)


PREPARED = {"playground": talk, "new-job": divide, "add-base": add_base}


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with few colours and not too tall, so that it is small."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    cut = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    # Of the ways to choose colours this one keeps the greys of page, bar and card apart.
    few = cut.quantize(COLORS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
