from __future__ import annotations

import asyncio
import email.utils
import time
from typing import Any

import pytest

from gamesim.models.pacing import START, Lane, Lanes, pause, wait_asked, wait_until_refill
from gamesim.models.replies import UnreadableReply, read_reply, split_reasoning


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked(headers) == seconds


def test_it_may_be_a_date() -> None:
    asked = wait_asked({"retry-after": email.utils.formatdate(time.time() + 30)})
    assert asked is not None
    assert 28 <= asked <= 31


@pytest.mark.parametrize(
    ("left", "reset", "seconds"),
    [
        *(("0", "1s", 1), ("0", "6m0s", 360), ("0", "20ms", 0.02), ("0", "1h2m3.5s", 3723.5), ("0", "4", 4)),
        *(("1", "6m0s", 0), ("", "6m0s", 0), ("0", "later", 0), ("0", "", 0)),
    ],
)
def test_when_a_used_up_limit_refills(left: str, reset: str, seconds: float) -> None:
    for kind in ("requests", "tokens"):
        headers = {f"x-ratelimit-remaining-{kind}": left, f"x-ratelimit-reset-{kind}": reset}
        assert wait_until_refill(headers) == pytest.approx(seconds)


def test_pauses_grow_and_are_never_shorter_than_asked_for() -> None:
    assert 0.25 <= pause(1, None) <= 0.5
    assert 10 <= pause(2000, None) <= 20
    assert 30 <= pause(1, 30.0) <= 33
    assert pause(5, 0.0) >= 4


def test_a_lane_doubles_until_it_is_pushed_back_and_then_grows_slowly() -> None:
    lane = Lane("server")

    def round_of(sent: float) -> None:
        lane.in_flight = int(lane.limit)
        for _ in range(lane.in_flight):
            lane.answered(sent, sent + 1)
            lane.in_flight -= 1

    round_of(1.0)
    round_of(2.0)
    assert lane.limit == 4 * START
    for _ in range(10):
        lane.pushed_back(3.0, 3.5, 2.0)
    assert lane.limit == 2 * START
    assert (lane.room(5.4), lane.room(5.5)) == (0, 2 * START)
    round_of(6.0)
    assert 2 * START < lane.limit <= 2 * START + 1
    quiet = lane.limit
    lane.in_flight = 1
    lane.answered(7.5, 8.0)
    assert lane.limit == quiet


def test_a_fixed_lane_stays_and_a_slow_one_does_not_grow() -> None:
    fixed, slow = Lane("server", fixed=3), Lane("server", slow=1.0)
    fixed.in_flight, slow.in_flight = 3, START
    for _ in range(50):
        fixed.answered(1.0, 2.0)
        slow.answered(1.0, 60.0)
    fixed.pushed_back(1.0, 2.0)
    assert (fixed.limit, slow.limit) == (3, START)


def test_who_finds_no_place_waits_until_there_is_one_or_time_is_up() -> None:
    async def work() -> None:
        lanes = Lanes([Lane("server", fixed=1)])
        now = asyncio.get_running_loop().time()
        first = await lanes.enter(now + 5)
        assert first is not None
        assert await lanes.enter(now + 0.05) is None
        second = asyncio.create_task(lanes.enter(now + 5))
        await asyncio.sleep(0)
        lanes.leave(first)
        assert await second is first
        lanes.leave(first)
        first.hold(asyncio.get_running_loop().time(), 0.1)
        began = time.monotonic()
        assert await lanes.enter(now + 5) is first
        assert time.monotonic() - began >= 0.09

    asyncio.run(work())


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("[5]", "[5]", ""),
        ("<think>a</think>[5]", "[5]", "a"),
        ("\n<THINKING>\na\n</THINKING>\n\n[5] <think>", "[5] <think>", "a"),
        ("a</think>[5]", "[5]", "a"),
        ("<think>[1] or [2]", "", "[1] or [2]"),
        ("I <think> so", "I <think> so", ""),
    ],
)
def test_thinking_is_taken_off(text: str, answer: str, thought: str) -> None:
    assert split_reasoning(text) == (answer, thought)


@pytest.mark.parametrize(
    "body", [None, [], {}, {"choices": []}, {"choices": [3]}, {"choices": [{"message": None}]}]
)
def test_what_holds_no_answer_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableReply):
        read_reply(body)


def test_odd_parts_of_a_reply_are_not_believed() -> None:
    message = {"content": ["[5]"], "reasoning": "hm"}
    body: dict[str, Any] = {
        "choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": "many"},
    }
    given = read_reply(body)
    assert (given.text, given.reasoning, given.tokens_in, given.finish) == ("", "hm", 0, "stop")
    del body["choices"][0]["finish_reason"]
    assert read_reply(body).error.startswith("unreadable: ")
