"""What the bench counts and draws, on visits made up for the purpose."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import gaps
import outcome
import picture
import pytest
from crowd import judge
from outcome import BenchFailed
from visitors import Visits, check
from world.load import Event

SVG = "{http://www.w3.org/2000/svg}"


def visits(seconds: float, missed: tuple[float, float] = (0, 0), rate: float = 100) -> Visits:
    """From a second before to a second after an operation; nobody was answered in ``missed``."""
    starts = [number / rate - 1 for number in range(int((seconds + 2) * rate))]
    events = [Event(start, 0.001, 0 if missed[0] <= start < missed[1] else 200, "")
              for start in starts]  # fmt: skip
    return Visits(events, seconds, rate)


def test_only_requests_during_the_operation_are_counted_and_all_failures() -> None:
    seen = visits(3, missed=(-0.5, 0.5))
    assert (seen.during, seen.failed) == (301, 100)
    assert seen.gap == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\nthe right page", 200),
        (b"HTTP/1.1 200 OK\r\n\r\nanother page", 0),
        (b"HTTP/1.1 503 Busy\r\n\r\n", 503),
        (b"HTTP/1.1 200 OK\r\nServer: ngi", 0),
        (b"", 0),
    ],
)
def test_only_the_right_page_is_an_answer(answer: bytes, status: int) -> None:
    found, error = judge(answer, b"right page")
    assert found == status
    assert bool(error) is (status == 0)


def test_visitors_who_were_never_served_are_no_measurement() -> None:
    check(visits(3, missed=(0.2, 4)), "")
    with pytest.raises(BenchFailed, match="before the operation began"):
        check(visits(3, missed=(-1, 4)), "")


def test_too_few_visitors_are_no_measurement() -> None:
    seen = visits(3)
    with pytest.raises(BenchFailed, match="only"):
        check(seen._replace(rate=200), "")


def figures(failed: int, gap: float) -> dict[str, dict[str, object]]:
    """Of four turns of each way without interruption."""
    seen = {"failed": failed, "gap": gap, "planted": 1600, "errors": ["refused"]}
    return {f"ours_{challenge}": seen for challenge in gaps.UNINTERRUPTED}


def test_one_failed_request_is_red_for_each_challenge() -> None:
    assert gaps._failures(figures(0, 0.01)) == []
    assert len(gaps._failures(figures(1, 0.01))) == len(gaps.UNINTERRUPTED)


def test_planted_stops_are_red_and_those_that_went_unnoticed_no_measurement() -> None:
    planted = gaps._of_the_planted(figures(1600, 1.05))
    assert len(planted.red) == len(gaps.UNINTERRUPTED)
    assert planted.figures == {}
    with pytest.raises(BenchFailed, match="unnoticed"):
        gaps._of_the_planted(figures(0, 0.01))


def test_an_outage_that_nobody_planted_does_not_pass_for_the_planted_one() -> None:
    with pytest.raises(BenchFailed, match="more failed"):
        gaps._of_the_planted(figures(20_000, 12))


def test_the_picture_is_well_formed_and_its_rows_share_the_time_axis() -> None:
    rows = [picture.Row("plain & <slow>", visits(3, missed=(0.5, 2.5)).events, 3),
            picture.Row("ours", visits(4).events, 4)]  # fmt: skip
    root = ElementTree.fromstring(picture.draw(rows, 100))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert "plain & <slow>" in texts
    assert "200 of 500 requests failed, longest gap 2.01 s" in texts
    assert texts.count("2") == 1, "one axis for both"
    paths = [node for node in root.iter(f"{SVG}path") if node.get("fill") == picture.FAILED]
    assert [(node.get("d") or "").count("M") for node in paths] == [20, 0]


def test_figures_of_others_are_kept(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(outcome, "RESULTS", tmp_path / "bench.json")
    outcome.keep({"theirs": 1, "ours": 1})
    outcome.keep({"ours": 2})
    assert json.loads(outcome.RESULTS.read_text()) == {"theirs": 1, "ours": 2}
