"""Where Be.FM is found: a configured server, weights on this machine, or, in play alone, the stand-in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("openai")

from badserver import BadServer, serving
from tiny import write_adapter, write_model

import gamesim
from gamesim.errors import GamesimError, GamesimWarning
from gamesim.models.opening import open_model

BASE, ADAPTER = "Qwen/Qwen3-4B-Instruct-2507", "befm/BeFM1.5-4B"


@pytest.fixture
def server() -> Iterator[BadServer]:
    with serving() as server:
        server.model, server.does = ADAPTER, lambda asked: "say [40]"
        yield server


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache."""
    monkeypatch.delenv("GAMESIM_BEFM_URL", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    open_model.cache_clear()
    return tmp_path / "hub"


def put_in_cache(hub: Path, name: str, folder: Path) -> None:
    """Lay a folder into the cache as the hub's own client does."""
    repository = hub / f"models--{name.replace('/', '--')}"
    shutil.copytree(folder, repository / "snapshots" / "0123456789abcdef")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123456789abcdef")


def test_a_configured_server_is_asked_first(
    server: BadServer, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAMESIM_BEFM_URL", server.url)
    run = gamesim.play("dictator", agents="befm", n=10)
    assert (run.decisions["action"] == 40).all()
    assert set(run.decisions["policy"]) == {"befm"}
    assert {each["model"] for each in server.requests} == {ADAPTER}
    assert {each["temperature"] for each in server.requests} == {0.6}
    assert any("unverified port" in note for note in run.settings.notes)


@pytest.mark.filterwarnings("ignore::gamesim.errors.GamesimWarning")
def test_weights_in_the_cache_are_used_with_their_published_settings(hub: Path, tmp_path: Path) -> None:
    base = write_model(tmp_path / "base", kind="qwen3")
    put_in_cache(hub, BASE, base)
    put_in_cache(hub, ADAPTER, write_adapter(tmp_path / "adapter", base, base_name=BASE))
    run = gamesim.play("dictator", agents="befm@wording=0", n=4)
    about = run.settings.policies["befm@wording=0"]
    assert not run.settings.standins
    assert about["model"]["base"] == BASE
    assert about["model"]["sampling"]["temperature"] == 0.6
    assert about["model"]["sampling"]["top_k"] == 20
    assert "unverified port" in about["stamp"]
    assert about["trained_on"] == ["moblab"]


def test_without_weights_the_stand_in_plays_under_its_own_name(hub: Path) -> None:
    run = gamesim.play("dictator", agents="befm", n=20)
    assert set(run.decisions["policy"]) == {"mini"}
    assert run.settings.standins == {"mini": "befm"}
    assert any("not on this machine" in note for note in run.settings.notes)
    rows = [row for row in run.compare(resamples=50).rows if row.source.dataset == "moblab"]
    assert rows
    assert all(row.verdict == "in sample: no verdict" and row.w1n != row.w1n for row in rows)


def test_required_weights_name_the_commands_that_get_them(hub: Path) -> None:
    with pytest.raises(GamesimError, match=rf"hf download {BASE} && hf download {ADAPTER}"):
        gamesim.play("dictator", agents="befm", n=20, require_weights=True)


def test_only_what_is_missing_is_asked_for(hub: Path, tmp_path: Path) -> None:
    put_in_cache(hub, BASE, write_model(tmp_path / "base", kind="qwen3"))
    with pytest.raises(GamesimError, match=r"get them with: hf download befm/BeFM1\.5-4B ") as raised:
        gamesim.play("dictator", agents="befm", n=20, require_weights=True)
    assert f"hf download {BASE}" not in str(raised.value)


def test_a_folder_that_was_named_is_never_replaced_by_the_stand_in(hub: Path, tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match="nowhere"):
        gamesim.play("dictator", agents=f"befm@base={tmp_path / 'nowhere'}", n=20)


@pytest.mark.filterwarnings("ignore:.*lies on legal answers")
def test_an_adapter_that_names_another_base_warns_and_is_noted(hub: Path, tmp_path: Path) -> None:
    base = write_model(tmp_path / "base", kind="qwen3")
    adapter = write_adapter(tmp_path / "adapter", base, base_name="somebody/else")
    with pytest.warns(GamesimWarning, match="somebody/else"):
        run = gamesim.play("dictator", agents=f"befm@base={base}@adapter={adapter}@wording=0", n=4)
    assert any("somebody/else" in note for note in run.settings.notes)


def test_an_unknown_release_names_the_nearest(hub: Path) -> None:
    with pytest.raises(GamesimError, match=r"did you mean 'befm/BeFM1\.5-4B'"):
        gamesim.play("dictator", agents="befm@release=befm/BeFM1.5-4", n=4)
