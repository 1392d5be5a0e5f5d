"""What pictures show: every agent or how many are missing, panels that can be read, true ticks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typed import Command

import gamesim
from gamesim.analysis.picture import Picture, percents

pytest.importorskip("matplotlib")

STRATEGIES = "tit_for_tat,grim,davis,downing,joss,tullock,uniform,always_defect"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep the figures that are drawn."""
    kept: list[Any] = []
    write = Picture.saved

    def keeping(self: Picture, figure: Any, dots: float = 200.0) -> Path:
        kept.append(figure)
        return write(self, figure, dots)

    monkeypatch.setattr(Picture, "saved", keeping)
    return kept


def words(figure: Any) -> list[str]:
    return [word for axes in figure.axes for word in words_of(axes)]


def words_of(axes: Any) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text().replace("\n", " ") for text in legend.get_texts()] if legend else []


def test_agents_without_a_line_are_counted_in_the_legend(drawn: list[Any], tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", STRATEGIES, n=16, rounds=3)
    run.plot_series(tmp_path / "many.png")
    assert "2 more agents not drawn (all are in --csv)" in words(drawn[0])
    run = gamesim.play("prisoners_dilemma", STRATEGIES.rpartition(",uniform")[0], n=12, rounds=3)
    run.plot_series(tmp_path / "six.png")
    assert "tullock" in words(drawn[1])
    assert not any("not drawn" in word for word in words(drawn[1]))


SIGNS = """
from dataclasses import dataclass
from gamesim import Choice, Game, stage

@dataclass(frozen=True)
class Signs(Game):
    \"\"\"Everybody shows a sign.\"\"\"

    roles = ("player",)
    rules = {"player": ("Show a sign.",)}
    ask = {"show": ("Which one?",)}

    @stage(by="player")
    def show(self, play):
        return Choice(("rock", "paper", "scissors"))

    def payoffs(self, play):
        return {"player": play["show"]}
"""


def test_of_several_options_the_legend_says_that_agents_are_not_drawn_apart(
    drawn: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "signs.py").write_text(SIGNS, encoding="utf-8")
    for agents in ("uniform,fixed@action=rock", "uniform"):
        run = gamesim.play(str(tmp_path / "signs.py"), agents, n=8, rounds=3)
        run.plot_series(tmp_path / "signs.png")
    assert words(drawn[0])[:4] == ["rock", "paper", "scissors", "2 agents not drawn apart (all are in --csv)"]
    assert not any("not drawn" in word for word in words(drawn[1]))


def test_lines_break_between_games_and_each_beginning_is_marked(drawn: list[Any], tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "tit_for_tat", n=4, rounds=3, supergames=2)
    run.plot_series(tmp_path / "games.png")
    left = drawn[0].axes[0]
    first, *_, begins = [line.get_xdata() for line in left.get_lines()]
    np.testing.assert_array_equal(first, [1, 2, 3, np.nan, 4, 5, 6])
    assert list(begins) == [3.5, 3.5]


def test_a_game_of_one_round_is_drawn_as_a_point(drawn: list[Any], tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", n=8, sessions=2, continuation=0.3, supergames=40)
    run.plot_series(tmp_path / "games.png")
    alone = 1 + np.cumsum([0, *run.calendar.lengths])[:-1][np.array(run.calendar.lengths) == 1]
    line, points = drawn[0].axes[0].get_lines()[:2]
    assert (line.get_marker(), line.get_linestyle()) == ("None", "-")
    assert points.get_marker() == "o"
    np.testing.assert_array_equal(points.get_xdata(), alone)


def test_titles_and_legends_run_into_nothing(drawn: list[Any], tmp_path: Path) -> None:
    settings: dict[str, Any] = {"network": "ring:n=24", "rounds": 4, "sessions": 2}
    run = gamesim.play("prisoners_dilemma", STRATEGIES, **settings)
    run.plot_series(tmp_path / "lines.png")
    run.plot_network(tmp_path / "ring.png")
    for figure in drawn:
        below = figure.axes[:2] if figure is drawn[0] else figure.axes[2:4]
        figure.draw_without_rendering()
        boxes = [axes._left_title.get_window_extent() for axes in below]
        assert not boxes[0].overlaps(boxes[1])
        for axes, box in zip(below, boxes, strict=True):
            legend = axes.get_legend().get_window_extent()
            assert not legend.overlaps(box)
            assert legend.y0 >= axes.get_window_extent().y1
        assert figure.get_supxlabel() == "bands: 95 % intervals over 2 sessions"


def test_panels_without_any_value_are_not_drawn(drawn: list[Any], tmp_path: Path) -> None:
    loss: dict[str, Any] = {"reward": -1, "sucker": -10, "temptation": 0, "punishment": -5}
    settings: dict[str, Any] = {"network": "ring:n=12", "rounds": 3}
    run = gamesim.play("prisoners_dilemma", "always_defect", **settings, **loss)
    run.plot_network(tmp_path / "network.png")
    run.plot_series(tmp_path / "series.png")
    changing = gamesim.play(
        "prisoners_dilemma", "always_defect", **settings, **loss, rewire="random:share=0.1"
    )
    changing.plot_series(tmp_path / "rewired.png")
    titles = [[axes.get_title(loc="left") for axes in figure.axes] for figure in drawn]
    assert not any("of everybody together" in each for each in titles)
    assert len(drawn[1].axes) == 1
    assert len(drawn[2].axes) == 3
    assert all(np.isfinite(line.get_ydata()).any() for axes in drawn[2].axes for line in axes.get_lines()[:1])


def test_a_network_is_drawn_above_the_rounds_of_every_decision(drawn: list[Any], tmp_path: Path) -> None:
    network = "watts_strogatz:n=60,k=4,p=0.1"
    run = gamesim.play("ultimatum", "uniform", network=network, rounds=3, sessions=2)
    run.plot_network(tmp_path / "network.png")
    figure = drawn[0]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[:6] == [
        "ultimatum.offer: last action",
        "earnings a round",
        "ultimatum.offer: mean action",
        "of everybody together",
        "ultimatum.minimum: mean action",
        "of everybody together",
    ]
    named = [words_of(axes) for axes in figure.axes]
    assert named[0] == ["no decision"]
    assert named[3] == ["efficiency", "inequality (Gini of earnings)", "assortment of ultimatum.offer"]
    assert named[5] == ["assortment of ultimatum.minimum"]
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes[:6]]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_a_map_says_who_had_no_payoff_and_writes_earnings_in_full(drawn: list[Any], tmp_path: Path) -> None:
    run = gamesim.play("prisoners_dilemma", "uniform", network="star:n=40", matching="random_neighbour")
    run.plot_network(tmp_path / "sat_out.png")
    assert words_of(drawn[0].axes[0]) == ["cooperate", "defect", "no decision"]
    assert words_of(drawn[0].axes[1]) == ["no payoff"]
    run = gamesim.play("prisoners_dilemma", "always_defect", network="star:n=40")
    run.plot_network(tmp_path / "hub.png")
    assert words_of(drawn[1].axes[0]) == ["cooperate", "defect"]
    drawn[1].draw_without_rendering()
    ticks = [label.get_text() for label in drawn[1].axes[-1].get_yticklabels()]
    assert {"500", "1,000", "2,000"} <= set(ticks)


def test_of_a_large_network_it_is_said_how_many_agents_are_shown(drawn: list[Any], tmp_path: Path) -> None:
    run = gamesim.play("trust", "uniform", network="barabasi_albert:n=1100,m=2")
    run.plot_network(tmp_path / "large.png")
    senders = set(run.decisions.query("decision == 'trust.send'")["agent"])
    assert run.edges is not None
    both = [pair for pair in run.edges.tolist() if senders >= set(pair)]
    shown = len({agent for pair in both for agent in pair})
    assert drawn[0].axes[0].get_xlabel() == f"own action ({shown} agents who decided, as a neighbour did)"


def test_ticks_of_shares_say_what_they_stand_at(drawn: list[Any], tmp_path: Path) -> None:
    gamesim.play("beauty_contest", "uniform", n=100).plot(tmp_path / "guesses.png")
    axis = drawn[0].axes[0].yaxis
    ticks = axis.get_ticklocs()
    assert [float(label.get_text().rstrip("%")) / 100 for label in axis.get_ticklabels()] == pytest.approx(
        ticks
    )
    assert 0.025 in ticks


def test_whole_percentages_have_no_decimals() -> None:
    figure = Picture("none.png").figure(4, 3)
    panel = figure.subplots()
    percents(panel.yaxis)
    assert [label.get_text() for label in panel.yaxis.get_ticklabels()][:3] == ["0%", "20%", "40%"]


@pytest.mark.parametrize("name", ["lines.pdf", "lines.SVG"])
def test_the_command_draws_what_python_draws(command: Command, name: str) -> None:
    command("play", "dictator", "--agents", "uniform", "--rounds", "2", "--plot", name)
    assert Path(name).stat().st_size > 1000
    refused = command("play", "dictator", "--agents", "uniform", "--plot", "lines.jpg")
    assert refused.code == 2
    assert "must end in .pdf, .png, .svg" in refused.err


def test_a_place_where_nothing_can_be_written_is_named_and_the_run_is_kept(command: Command) -> None:
    Path("folder.png").mkdir()
    refused = command("play", "dictator", "--agents", "uniform", "--plot", "folder.png")
    assert (refused.code, "--plot folder.png: is a folder" in refused.err) == (2, True)
    Path("away.png").symlink_to("nowhere/away.png")
    kept = command("play", "dictator", "--agents", "uniform", "--plot", "away.png", "--out", "run")
    assert kept.code == 2
    assert "gamesim: away.png: cannot be written (No such file or directory)" in kept.err
    assert gamesim.open_run("run").settings.status == "complete"


def test_a_distance_in_sample_is_drawn_without_an_interval(tmp_path: Path) -> None:
    run = gamesim.play("dictator", "human", n=40)
    titles = re.findall(r"W1 = .*", run.plot(tmp_path / "x.svg").read_text(encoding="utf-8"))
    in_sample = ["in sample" in title for title in titles]
    assert {True, False} == set(in_sample)
    assert ["[" not in title for title in titles] == in_sample
