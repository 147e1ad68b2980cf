"""The pages for operators and clients list every setting and every code."""

from pathlib import Path

import pytest

from chat.errors import DenialCode, RefusalCode
from server.settings import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_row(name: str) -> None:
    assert f"\n| `{PREFIX}{name.upper()}` | " in (DOCS / "settings.md").read_text()


def test_every_code_has_a_row_in_its_table() -> None:
    refusals, denials = (DOCS / "errors.md").read_text().split("## A request or stream")
    assert [code for code in RefusalCode if f"\n| `{code}` | " not in refusals] == []
    assert [code for code in DenialCode if f"\n| `{code}` | " not in denials] == []
