from __future__ import annotations

import hashlib
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import all_games, observed
from typer.testing import CliRunner

from gamesim import catalog
from gamesim.actions import Choice
from gamesim.cli import app
from gamesim.errors import GamesimError
from gamesim.prompt import Style, arranged, arrangements, paraphrases, texts, told, wordings
from gamesim.prompt.pack import TABLES, Pack, export, open_pack, quoted
from gamesim.prompt.wording import COUNTS, PARTS
from gamesim.reading import read_answer

GAMES = list(all_games())
every_game = pytest.mark.parametrize("name", GAMES)


def written(folder: Path, game: str, content: str) -> Path:
    (folder / f"{game}.toml").write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Our own texts of the whole catalogue as a pack."""
    folder = tmp_path_factory.mktemp("ours")
    for name in catalog.names("games"):
        written(folder, name, export(catalog.find_game(name)))
    return open_pack(folder)


@every_game
@pytest.mark.parametrize("memory", ["full", "summary", "1"])
def test_our_own_texts_as_a_pack_give_the_same_texts(name: str, memory: str, ours: Pack) -> None:
    game = all_games()[name]
    for obs in observed(game, 2 if len(game.roles) < 20 else 1, rounds=3):
        for style in (Style(memory=memory), Style(memory=memory, chat=True, answer="json")):
            packed = replace(style, pack=ours)
            assert wordings(game, obs.stage, packed) == wordings(game, obs.stage)
            assert arrangements(game, obs.stage, packed) == arrangements(game, obs.stage)
            for order in range(arrangements(game, obs.stage)):
                wording = np.arange(len(obs)) % wordings(game, obs.stage)
                plain, row = texts(obs, wording, style, np.full(len(obs), order))
                again, same = texts(obs, wording, packed, np.full(len(obs), order))
                assert plain == again
                assert row.tolist() == same.tolist()


def test_a_pack_speaks_in_its_own_words_and_ours_for_the_rest(tmp_path: Path) -> None:
    pack = open_pack(
        written(
            tmp_path,
            "dictator",
            'system = "Du nimmst teil."\n[rules]\ndictator = ["Du hast {endowment}.", "Dir gehören {endowment}."]\n'
            '[recall]\ndictator = "du gabst {give.number}"\n',
        )
    )
    game = all_games()["dictator"]
    style = Style(pack=pack)
    assert paraphrases(game, "give", style) == (2, 3)
    first, second = observed(game, 1, rounds=2)
    text = texts(second, np.array([3]), style)[0][0]
    assert text.system == "Du nimmst teil."
    assert "Dir gehören $100." in text.user
    assert "How much do you give to the other person?" in text.user
    assert f"- Round 1: du gabst {first.space.uniform(first.draws.uniform())[0]:g}." in text.user
    assert told(all_games()["ultimatum"], "offer", {}, style=style) == told(
        all_games()["ultimatum"], "offer", {}
    )


def test_a_whole_message_is_told_as_it_is_written(tmp_path: Path) -> None:
    content = (
        '[first]\ngive = "Split {endowment}! {{Really}}"\n'
        '[second]\ngive = "One round is behind you.\\n{history}\\nAgain?"\n'
        '[later]\ngive = "{played} rounds are behind you.\\n{history}\\nWhat in round {round}?"\n'
        '[recall]\ndictator = "{round}) [{give.number}]"\n[history]\nline = "{line}"\n'
    )
    style = Style(pack=open_pack(written(tmp_path, "dictator", content)))
    game = all_games()["dictator"]
    assert wordings(game, "give", style) == 1
    shown = observed(game, 1, rounds=3)
    first, second, third = (texts(obs, style=style)[0][0].user for obs in shown)
    gifts = [obs.space.uniform(obs.draws.uniform())[0] for obs in shown]
    assert first == "Split $100! {Really}"
    assert second == f"One round is behind you.\n1) [{gifts[0]:g}]\nAgain?"
    assert third == f"2 rounds are behind you.\n1) [{gifts[0]:g}]\n2) [{gifts[1]:g}]\nWhat in round 3?"
    for other in ({"answer": "json"}, {"chat": True}):
        with pytest.raises(GamesimError, match="the whole message of give"):
            texts(shown[0], style=replace(style, **other))


def test_a_pack_names_the_options(tmp_path: Path) -> None:
    pack = open_pack(written(tmp_path, "prisoners_dilemma", '[labels]\nchoose = ["Push", "Pull"]\n'))
    game = all_games()["prisoners_dilemma"]
    style = Style(pack=pack)
    text = told(game, "choose", {}, style=style).user
    assert "If both choose Push, each earns $400" in text
    assert "[Push] or [Pull]" in text
    for order in range(arrangements(game, "choose", style)):
        space = arranged(game.space_at_most("choose"), order, style, "prisoners_dilemma.choose")
        assert isinstance(space, Choice)
        for action in space.support():
            assert read_answer(f"[{space.write(float(action))}]", space).action == action
    assert arrangements(game, "choose", style) == 2


def test_fixed_words_do_not_vary(tmp_path: Path) -> None:
    content = '[labels]\nchoose = ["Push", "Pull"]\n[rules]\nplayer = "Both Push: {reward}. Both Pull: {punishment}."\n'
    pack = open_pack(written(tmp_path, "prisoners_dilemma", content))
    game = all_games()["prisoners_dilemma"]
    assert arrangements(game, "choose", Style(pack=pack)) == 1
    obs = observed(game, 2)[0]
    one, row = texts(obs, None, Style(pack=pack), np.arange(len(obs)))
    assert len(one) == 1
    assert row.tolist() == [0] * len(obs)


@pytest.mark.parametrize(
    ("game", "content", "sentence"),
    [
        ("dictatr", "", "unknown game 'dictatr'; did you mean 'dictator'"),
        ("dictator", "[rule]\n", r"dictator.toml: unknown key 'rule'; did you mean 'rules'"),
        ("dictator", "rules = 3\n", r"rules = 3 is not a table"),
        (
            "dictator",
            '[rules]\ndictater = "x"\n',
            r"\[rules\]: unknown role 'dictater'; did you mean 'dictator'",
        ),
        ("dictator", '[ask]\ngiv = "x"\n', r"\[ask\]: unknown stage 'giv'; did you mean 'give'"),
        (
            "dictator",
            '[rules]\ndictator = "{endowmnt}"\n',
            "unknown placeholder 'endowmnt'; did you mean 'endowment'",
        ),
        ("dictator", '[rules]\ndictator = "{endowment.real}"\n', "only .number"),
        ("dictator", '[rules]\ndictator = "{endowment"\n', "cannot be filled in"),
        ("dictator", '[rules]\ndictator = "{}"\n', "unknown placeholder|cannot be filled in"),
        ("dictator", "[rules]\ndictator = []\n", "neither a text nor a list of texts"),
        ("dictator", "[rules]\ndictator = [3]\n", "3 is not a text"),
        ("dictator", "subject = 3\n", "subject = 3 is not a text"),
        (
            "dictator",
            '[history]\nheadin = "x"\n',
            r"\[history\]: unknown key 'headin'; did you mean 'heading'",
        ),
        ("dictator", '[history]\nline = "{lines}"\n', "unknown placeholder 'lines'; did you mean 'line'"),
        (
            "dictator",
            "[requires]\nendowmnt = 5\n",
            "unknown requirement 'endowmnt'; did you mean 'endowment'",
        ),
        ("dictator", '[requires]\nendowment = "much"\n', "'much' is not a number"),
        ("dictator", "[rules\n", "cannot be read as TOML"),
        (
            "prisoners_dilemma",
            '[labels]\nchoose = ["A"]\n',
            "not a list of 2 different names, for: cooperate, defect",
        ),
        ("prisoners_dilemma", '[labels]\nchoose = ["A", "a"]\n', "not a list of 2 different names"),
        ("prisoners_dilemma", '[labels]\nchose = ["A", "B"]\n', "did you mean 'choose'"),
        ("two_by_two", '[labels]\nrow = ["X", "Y"]\n', "give both the same names"),
        ("bomb_risk", '[words]\nexploded = ["x"]\n', "not a list of 2 texts"),
        ("trust", '[ask]\nsend = "{pot}"\n', "unknown placeholder 'pot'"),
    ],
)
def test_what_is_wrong_with_a_pack_is_one_sentence(
    tmp_path: Path, game: str, content: str, sentence: str
) -> None:
    with pytest.raises(GamesimError, match=sentence) as caught:
        open_pack(written(tmp_path, game, content))
    assert "\n" not in str(caught.value)
    assert f"{game}.toml" in str(caught.value)


def test_folders_without_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match="there is no such folder"):
        open_pack(tmp_path / "nowhere")
    with pytest.raises(GamesimError, match=r"no file in this folder ends in \.toml"):
        open_pack(tmp_path)


def test_texts_hold_for_what_they_require_alone(tmp_path: Path) -> None:
    content = "[requires]\nendowment = 100\nrounds = 1\nsend = 50\n"
    style = Style(pack=open_pack(written(tmp_path, "trust", content)))
    assert style.pack is not None
    game = all_games()["trust"]
    with pytest.raises(
        GamesimError, match="hold for endowment = 100 alone, and this game has endowment = 10"
    ):
        style.pack.check(catalog.find_game("trust").from_settings({"endowment": 10}))
    with pytest.raises(GamesimError, match="at most 1 rounds, and 2 are to be played"):
        texts(observed(game, 1, rounds=2)[0], style=style)
    with pytest.raises(GamesimError, match="at most 1 rounds, and an open number is to be played"):
        texts(replace(observed(game, 1)[0], continuation=0.5), style=style)
    assert "$50" in told(game, "return", {"send": 50.0}, style=style).user
    with pytest.raises(GamesimError, match="hold for send = 50 alone, and the trustee sees send = 40"):
        told(game, "return", {"send": 40.0}, style=style)


def test_a_pack_is_described_by_the_hash_of_every_file(tmp_path: Path) -> None:
    described = open_pack(written(tmp_path, "trust", 'system = "x"\n')).describe()
    digest = hashlib.sha256(b'system = "x"\n').hexdigest()
    assert described == {"folder": tmp_path.name, "sha256": {"trust.toml": digest}}


def test_texts_for_a_game_of_ones_own(tmp_path: Path) -> None:
    game = tmp_path / "dividing.py"
    game.write_text(Path("games/dictator.py").read_text(encoding="utf-8"), encoding="utf-8")
    written(tmp_path, "dividing", 'system = "x"\n')
    with pytest.raises(GamesimError, match="unknown game 'dividing'"):
        open_pack(tmp_path)
    kind = catalog.find_game(str(game))
    assert told(kind(), "give", {}, style=Style(pack=open_pack(tmp_path, kind))).system == "x"
    done = CliRunner().invoke(app, ["prompts", "check", str(tmp_path), "--game", str(game)])
    assert "dividing: fine" in done.output


def test_the_command_writes_checks_and_shows_texts(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    run = CliRunner()
    assert "dictator.toml" in run.invoke(app, ["prompts", "export", "dictator", "--out", str(out)]).output
    again = run.invoke(app, ["prompts", "export", "dictator", "--out", str(out)])
    assert isinstance(again.exception, GamesimError)
    assert "there is such a file already" in str(again.exception)
    file = out / "dictator.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("You have been paired", "You were paired"), "utf-8"
    )
    assert "dictator: fine" in run.invoke(app, ["prompts", "check", str(out)]).output
    shown = run.invoke(app, ["show", "dictator", "--prompts", str(out)]).output
    assert "You were paired with another person" in shown


def test_any_text_survives_toml() -> None:
    import tomllib

    for text in (string.printable, 'a"b\\c', "\x7f\x01é\u2028", ""):
        assert tomllib.loads(f"x = {quoted(text)}")["x"] == text


def test_the_page_names_every_key_and_part() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "prompts.md").read_text(encoding="utf-8")
    for key in TABLES:
        assert f"`[{key}]" in page or f"`{key}`" in page, key
    for part in (*PARTS, *COUNTS):
        assert f"`{{{part}}}`" in page, part


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "dictator.toml").write_text("", encoding="utf-8")
    with pytest.raises(GamesimError, match="is a file; name the folder that it is in"):
        open_pack(tmp_path / "dictator.toml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('[ask]\ngive = "{endowment.__class__}"\n', "only .number"),
        ('[ask]\ngive = "{endowment.__class__.__new__.__globals__[math]}"\n', "only .number"),
        ('[ask]\ngive = "{endowment[0]}"\n', "only .number"),
        ('[ask]\ngive = "{endowment:{endowment.__class__}}"\n', "only .number"),
        ('subject = "{age.__class__}"\n', "subject takes more of a placeholder"),
        ('subject = "{age.number}"\n', "subject takes more of a placeholder"),
        ('subject = "{"\n', "subject cannot be filled in"),
        ('subject = "{}"\n', "subject cannot be filled in"),
    ],
)
def test_a_pack_cannot_reach_into_the_program(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(GamesimError, match=sentence):
        open_pack(written(tmp_path, "dictator", content))


def test_names_with_a_meaning_in_a_fixed_order_do_not_vary(tmp_path: Path) -> None:
    game = all_games()["ultimatum"].from_settings({"sequential": True})
    assert arrangements(game, "answer") == 2
    fixed = '[first]\nanswer = "{offer} for you. Do you {accept} or {reject}?"\n'
    pack = open_pack(written(tmp_path, "ultimatum", fixed))
    assert arrangements(game, "answer", Style(pack=pack)) == 1
