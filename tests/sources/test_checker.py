"""check-source: reports what the chat would not show, with exit code 1, and finds nothing in the example module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.enums import ItemKind
from server.cli import main
from sources.checker import Trial, findings
from sources.config import http_config
from sources.findings import Finding, Mark
from tests.sources.faulty_module import REFUSED_PAIR, REFUSED_WHOLE
from tests.sources.processes import closed_port_url
from tests.sources.world import FIRST, READER, SECRET


def trial(url: str, item: str = "77", agent: str = READER, secret: str = SECRET) -> Trial:
    return Trial(http_config(url, secret, 1000), ItemKind.DEAL, FIRST, agent, item)


async def found(trial: Trial) -> list[Finding]:
    return [finding async for finding in findings(trial)]


async def wrong(trial: Trial) -> list[str]:
    return [finding.text for finding in await found(trial) if finding.mark == Mark.WRONG]


async def test_the_example_module_has_no_findings(example_url: str) -> None:
    marks = [finding.mark for finding in await found(trial(example_url))]
    assert marks == [Mark.OK] * 8


async def test_faults_of_the_item_are_reported(example_url: str) -> None:
    assert await wrong(trial(example_url, "script")) == ["The card would be UNAVAILABLE: an item without a usable URL."]
    for item in ("untitled", "unseen"):
        assert await wrong(trial(example_url, item)) == ["The card would be UNAVAILABLE: an item without a title."]
    assert await wrong(trial(example_url, "long")) == [
        "The title is longer than 300 characters and is shortened.",
        "The summary is longer than 2,000 characters and is shortened.",
    ]
    odd = await found(trial(example_url, "odd details"))
    assert Finding(Mark.WRONG, "The detail `amount` is not a valid DECIMAL and is omitted.") in odd
    assert Finding(Mark.NOTE, "The detail `margin` is not shown: DEAL has no such detail.") in odd


async def test_an_agent_who_can_see_the_item_is_required(example_url: str) -> None:
    assert await wrong(trial(example_url, agent="3")) == [
        "For agent 3 and item 77, it answers FORBIDDEN:"
        " give an agent who may see the item, because no card can be checked without one."
    ]


async def test_a_module_that_grants_everything_is_reported(faulty_url: str) -> None:
    assert await wrong(trial(f"{faulty_url}/good")) == [
        "Called without a token, it answers 200 instead of 401 or 403.",
        "Called with a token signed with another secret, it answers 200 instead of 401 or 403.",
        "Called with an expired token, it answers 200 instead of 401 or 403.",
        "Called with a token for another audience, it answers 200 instead of 401 or 403.",
        "Called with an unsigned token, it answers 200 instead of 401 or 403.",
        "Asked for an item that does not exist, it answers GRANTED instead of FORBIDDEN.",
        "Asked for an agent who does not exist, it answers GRANTED instead of FORBIDDEN.",
        "Asked in an account that does not exist (does it check account_id?), it answers GRANTED instead of FORBIDDEN.",
    ]


@pytest.mark.parametrize(("path", "said"), [("tells of the removed", "REMOVED"), ("has a word", "an unknown value")])
async def test_a_module_that_reveals_which_ids_exist_is_reported(faulty_url: str, path: str, said: str) -> None:
    reported = await wrong(trial(f"{faulty_url}/{path}"))
    assert f"Asked for an item that does not exist, it answers {said} instead of FORBIDDEN." in reported
    assert f"Asked for an agent who does not exist, it answers {said} instead of FORBIDDEN." in reported


@pytest.mark.parametrize("fault", [*REFUSED_WHOLE, *REFUSED_PAIR, "slow", "trickle", "drops every second"])
async def test_every_faulty_module_is_reported(faulty_url: str, fault: str) -> None:
    """None of the modules checks the token, so that finding is reported for all."""
    assert set(await wrong(trial(f"{faulty_url}/{fault}"))) - set(await wrong(trial(f"{faulty_url}/good")))


async def test_the_reason_why_a_module_does_not_answer_is_reported(faulty_url: str, example_url: str) -> None:
    said = "It returns no usable response:"
    assert await wrong(trial(f"{faulty_url}/html")) == [f"{said} the response is not JSON."]
    assert await wrong(trial(f"{faulty_url}/slow")) == [f"{said} no answer within 1 s."]
    assert await wrong(trial(f"{faulty_url}/redirect")) == [
        f"{said} it redirects (status 307), which the chat does not follow."
    ]
    assert await wrong(trial(closed_port_url())) == [f"{said} the call failed (ConnectError)."]
    assert await wrong(trial(example_url, secret=SECRET[::-1])) == [
        f"{said} it answers a valid token with status 401: its secret may differ."
    ]


@pytest.mark.parametrize(("item", "code", "last"), [("77", 0, "No problems found."), ("untitled", 1, "Problems: 1.")])
def test_the_exit_code_and_last_line_of_the_command(example_url: str, item: str, code: int, last: str) -> None:
    options = ["--kind", "DEAL", "--agent", READER, "--item", item, "--account", FIRST]
    done = subprocess.run(
        [Path(sys.executable).with_name("internal-chat"), "check-source", example_url, *options],
        env=os.environ | {"SOURCE_SECRET": SECRET},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1].startswith(last)
    assert SECRET not in done.stdout


@pytest.mark.parametrize(
    ("url", "secret", "refused"),
    [
        *(
            (url, SECRET, "The module's url is invalid: it must be an http:// or https:// URL without a user name.\n")
            for url in ("http://[::1", "http://crm.example:99999", "ftp://crm.example", "crm.example")
        ),
        ("http://crm.example", "", "The module's secret is invalid: it must not be empty.\n"),
    ],
)
def test_invalid_arguments_are_refused_in_one_line(
    url: str, secret: str, refused: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--kind", "DEAL", "--agent", READER, "--item", "77", "--secret", secret]
    monkeypatch.setattr(sys, "argv", ["internal-chat", "check-source", url, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (2, refused)
