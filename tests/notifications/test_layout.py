"""The e-mail in a browser: it fits every width, and its texts are readable in light and dark mode."""

from typing import Literal

import pytest
from playwright.async_api import Browser

from models.enums import ItemKind
from notifications.digests import Digest
from notifications.rendering import bodies
from tests.notifications.samples import digest, message

pytestmark = pytest.mark.chromium

LONG = digest(
    message("https://example.com/" + "a" * 300, author="x" * 80, card_kinds=list(ItemKind)),
    message("word " * 200, author="Nascimento de Albuquerque " * 4),
    message("שלום\nHello\nمرحبا", author="משה כהן"),
    channel="a-channel-with-a-very-long-name" * 2,
    locale="pt-BR",
    omitted=12,
)

CONTRASTS = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = color => channels(color).slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const isTransparent = color => channels(color)[3] === 0;
  const background = element => {
    const color = getComputedStyle(element).backgroundColor;
    return isTransparent(color) ? background(element.parentElement) : color;
  };
  const hasText = element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  return [...document.body.querySelectorAll("*:not(.preheader)")].filter(hasText).map(element => {
    const [low, high] = [getComputedStyle(element).color, background(element)].map(luminance).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}"""


@pytest.mark.parametrize("width", [320, 375, 600, 1_000])
async def test_nothing_is_wider_than_the_window(browser: Browser, width: int) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 700})
    await page.set_content(bodies(LONG).html)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    column = await page.locator(".column").bounding_box()
    assert column is not None
    assert column["width"] <= 600
    await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("facts", [LONG, digest(message(None))], ids=["long", "without contents"])
async def test_every_text_has_the_contrast_of_wcag_aa(
    browser: Browser, scheme: Literal["light", "dark"], facts: Digest
) -> None:
    page = await browser.new_page(color_scheme=scheme)
    await page.set_content(bodies(facts).html)
    contrasts = await page.evaluate(CONTRASTS)
    assert len(contrasts) > 8
    assert min(contrasts) >= 4.5
    backgrounds = await page.evaluate(
        "[document.body, document.querySelector('.card')].map(e => getComputedStyle(e).backgroundColor)"
    )
    assert (backgrounds[1] == "rgb(255, 255, 255)") == (scheme == "light")
    await page.close()


async def test_right_to_left_lines_begin_on_the_right(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content(bodies(LONG).html)
    directions = await page.locator(".text > div").evaluate_all(
        "lines => lines.slice(-3).map(e => getComputedStyle(e).direction)"
    )
    assert directions == ["rtl", "ltr", "rtl"]
    await page.close()
