"""One base in memory for all who use it, and batches that follow the memory at hand."""

from __future__ import annotations

import gc
import importlib.util
import shutil
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch
from tiny import teach, write_adapter, write_model

from gamesim.errors import GamesimError, GamesimWarning
from gamesim.models import Prompt, Sampling
from gamesim.models.beginnings import group_by_beginning
from gamesim.models.local import LocalModel, open_local
from gamesim.models.memory import NoRoomError, find_room, room_in
from gamesim.models.opening import open_model

ANSWERS = [f"[{n}]" for n in range(21)]
PROMPTS = [Prompt("How much do you give ?" + " 12" * n, "You are a player .") for n in (0, 3, 9)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch.set_num_threads(1)
    open_model.cache_clear()
    yield
    open_model.cache_clear()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("base") / "base")


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("adapters")
    return [
        write_adapter(root / "a", base, seed=1),
        write_adapter(root / "b", base, seed=2, rank=2, target_modules=["q_proj", "v_proj"]),
    ]


def scored(model: LocalModel) -> NDArray[np.float64]:
    found = model.score(PROMPTS, [ANSWERS] * len(PROMPTS))
    return np.array([scores.log_probability for scores in found])


def written(model: LocalModel) -> list[str]:
    return [answer.text for answer in model.complete(PROMPTS * 3, range(9))]


def alone(base: Path, adapter: Path | None) -> tuple[NDArray[np.float64], list[str]]:
    """Score and write with a model that nobody else has in memory."""
    model = open_local(base, adapter)
    assert len(model._weights.base._views) == 1
    return scored(model), written(model)


def settled() -> None:
    gc.collect()


# One base


def test_adapters_are_switched_on_one_base(base: Path, adapters: list[Path]) -> None:
    expected = []
    for adapter in (None, *adapters):
        expected.append(alone(base, adapter))
        settled()
    assert np.abs(expected[1][0] - expected[2][0]).max() > 0.1
    opened = [open_local(base, adapter) for adapter in (None, *adapters)]
    assert len({id(model._weights.base) for model in opened}) == 1
    for turn in ((0, 1, 2), (2, 0, 1), (1, 1, 0)):
        for place in turn:
            np.testing.assert_array_equal(scored(opened[place]), expected[place][0])
            assert written(opened[place]) == expected[place][1]
    for place in (2, 0):
        with torch.inference_mode():
            direct = opened[place].model(input_ids=torch.tensor([[1, 2, 3]])).logits
            again = (
                open_local(base, (None, *adapters)[place]).model(input_ids=torch.tensor([[1, 2, 3]])).logits
            )
        torch.testing.assert_close(direct, again, rtol=0, atol=0)


def test_an_adapter_goes_with_its_last_user(base: Path, adapters: list[Path]) -> None:
    plain, first, second = open_local(base), open_local(base, adapters[0]), open_local(base, adapters[1])
    expected, own = scored(plain), scored(second)
    holder = plain._weights.base
    scored(first)
    del first
    settled()
    np.testing.assert_array_equal(scored(plain), expected)
    assert len(holder._peft.peft_config) == 1
    np.testing.assert_array_equal(scored(second), own)
    del second
    settled()
    np.testing.assert_array_equal(scored(plain), expected)
    assert not holder._peft.peft_config
    again = open_local(base, adapters[1])
    np.testing.assert_array_equal(scored(again), own)
    np.testing.assert_array_equal(scored(plain), expected)


def test_weights_leave_memory_with_their_last_user(base: Path, adapters: list[Path]) -> None:
    models = [open_model(f"hf:{base}+{adapters[0]}", Sampling()), open_model(f"hf:{base}", Sampling(0.5))]
    assert isinstance(models[0], LocalModel)
    weight = weakref.ref(models[0].model.model.embed_tokens.weight)
    scored(models[0])
    models.clear()
    settled()
    assert weight() is not None
    open_model.cache_clear()
    settled()
    assert weight() is None


def test_settings_that_change_the_weights_are_another_base(base: Path) -> None:
    first = open_local(base)
    assert open_local(base, sampling=Sampling(0.5))._weights is first._weights
    assert open_local(base, dtype="bfloat16")._weights.base is not first._weights.base
    assert open_local(base, attention="eager")._weights.base is not first._weights.base


def test_changed_files_are_read_anew(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", seed=0)
    first = open_local(folder)
    before = scored(first)
    shutil.rmtree(folder)
    write_model(folder, seed=5, sharpness=3.0)
    assert np.abs(scored(open_local(folder)) - before).max() > 0.1
    np.testing.assert_array_equal(scored(first), before)


def test_an_adapter_with_weights_of_the_base_keeps_a_base_of_its_own(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    adapter = write_adapter(tmp_path / "adapter", base)
    tensors = load_file(adapter / "adapter_model.safetensors")
    tensors["base_model.model.model.embed_tokens.weight"] = (
        2 * load_file(base / "model.safetensors")["model.embed_tokens.weight"]
    )
    save_file(tensors, adapter / "adapter_model.safetensors")
    plain = open_local(base)
    before = scored(plain)
    changed = open_local(base, adapter)
    assert changed._weights.base is not plain._weights.base
    assert np.abs(scored(changed) - before).max() > 0.1
    np.testing.assert_array_equal(scored(plain), before)


def test_threads_that_share_a_base_get_their_own_answers(base: Path, adapters: list[Path]) -> None:
    models = [open_local(base, adapter) for adapter in (None, *adapters)]
    expected = [scored(model) for model in models]
    found: dict[int, list[NDArray[np.float64]]] = {}

    def ask(place: int) -> None:
        found[place] = [scored(models[place]) for _ in range(5)]

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(3):
        for each in found[place]:
            np.testing.assert_array_equal(each, expected[place])


# Memory


@pytest.fixture
def small_memory() -> Iterator[Callable[[LocalModel, int], list[int]]]:
    """Make a model's forward pass fail as torch does when a batch has more rows than memory would hold."""
    hooks = []

    def put(model: LocalModel, most: int) -> list[int]:
        sizes: list[int] = []

        def refuse(module: Any, args: Any, kwargs: Any) -> None:
            sizes.append(len(kwargs["input_ids"]))
            if sizes[-1] > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

        hooks.append(model.model.register_forward_pre_hook(refuse, with_kwargs=True))
        return sizes

    yield put
    for hook in hooks:
        hook.remove()


def test_batches_are_halved_when_memory_is_full(
    base: Path, small_memory: Callable[[LocalModel, int], list[int]]
) -> None:
    model = open_local(base)
    prompts = [Prompt("give " * n) for n in range(1, 24)]
    answers = [ANSWERS] * len(prompts)
    expected = model.score(prompts, answers)
    texts = model.complete(prompts, range(len(prompts)))
    sizes = small_memory(model, 3)
    with pytest.warns(GamesimWarning, match=r"the memory of cpu did not hold a batch of \d+ prompts") as said:
        found = model.score(prompts, answers)
    assert len(said) == 1
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.log_probability, other.log_probability, atol=1e-5)
    refused = sum(size > 3 for size in sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.score(prompts, answers)
    assert sum(size > 3 for size in sizes) == refused, "what memory held is remembered"
    with pytest.warns(GamesimWarning, match="smaller batches") as said:
        assert model.complete(prompts, range(len(prompts))) == texts
    assert len(said) == 1


def test_a_prompt_that_never_fits_is_an_error(
    base: Path, small_memory: Callable[[LocalModel, int], list[int]]
) -> None:
    model = open_local(base)
    model.score([Prompt("give ?")], [ANSWERS])
    small_memory(model, 0)
    with pytest.raises(NoRoomError, match="the memory of cpu does not hold a single prompt"):
        model.score([Prompt("give ?")], [ANSWERS])


def test_other_errors_of_a_pass_are_not_taken_for_full_memory(base: Path) -> None:
    model = open_local(base)
    model.score([Prompt("give ?")], [ANSWERS])

    def fail(module: Any, args: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    hook = model.model.register_forward_pre_hook(fail)
    try:
        with pytest.raises(RuntimeError, match="mat1"):
            model.score([Prompt("give ?"), Prompt("give 1 ?")], [ANSWERS] * 2)
    finally:
        hook.remove()


def test_models_kept_for_later_make_room(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import LlamaForCausalLM

    other = write_model(tmp_path / "other")
    idle = open_model(f"hf:{base}", Sampling())
    assert isinstance(idle, LocalModel)
    weight = weakref.ref(idle.model.model.embed_tokens.weight)
    del idle
    load = LlamaForCausalLM.from_pretrained.__func__

    def full(cls: Any, *args: Any, **kwargs: Any) -> Any:
        if weight() is not None:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return load(cls, *args, **kwargs)

    monkeypatch.setattr(LlamaForCausalLM, "from_pretrained", classmethod(full))
    assert isinstance(open_model(f"hf:{other}", Sampling()), LocalModel)


def test_a_model_that_does_not_fit_is_an_error(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import LlamaForCausalLM

    def full(*args: Any, **kwargs: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(LlamaForCausalLM, "from_pretrained", full)
    with pytest.raises(NoRoomError, match=r"does not fit into the memory of cpu: CUDA out of memory\."):
        open_model(f"hf:{base}", Sampling())


def test_batches_follow_the_free_memory(base: Path) -> None:
    config = open_local(base).model.config
    small, large = room_in(1 << 28, config, 2), room_in(1 << 30, config, 2)
    assert 3.9 < large.elements / small.elements < 4.1
    assert 3.9 < room_in(1 << 26, config, 2).tokens / room_in(1 << 24, config, 2).tokens < 4.1
    assert room_in(0, config, 2).tokens > 0
    assert find_room(open_local(base).model).tokens == 2048


# Common beginnings


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1, max_size=14), st.integers(0, 12)
)
def test_groups_hold_every_prompt_once_and_share_what_they_say(prompts: list[list[int]], least: int) -> None:
    groups = group_by_beginning(prompts, least)
    assert sorted(place for group in groups for place in group.places) == list(range(len(prompts)))
    assert sum(group.length == 0 for group in groups) <= 1
    for group in groups:
        rows = [prompts[place] for place in group.places]
        assert all(row[: group.length] == rows[0][: group.length] for row in rows)
        assert all(len(row) > group.length for row in rows)
        if group.length:
            assert (len(rows) - 1) * group.length > least


def test_the_cut_that_saves_most_is_taken() -> None:
    rules, other = [1] * 50, [2] * 50
    prompts = [[*rules, 3, 4], [*other, 3, 4], [*rules, 5], [9], [*other, 6, 6], [*rules, 5, 7]]
    groups = {tuple(sorted(group.places)): group.length for group in group_by_beginning(prompts, 32)}
    assert groups == {(0, 2, 5): 50, (1, 4): 50, (3,): 0}
    # A beginning within a beginning: two groups of two save more than one of four.
    nested = [[*rules, *[a] * 40, b] for a in (3, 4) for b in (5, 6)]
    assert sorted(group.length for group in group_by_beginning(nested, 32)) == [50]
    assert sorted(group.length for group in group_by_beginning([row[45:] for row in nested], 32)) == [45, 45]


def test_prompts_that_begin_alike_score_as_they_do_alone(base: Path) -> None:
    rules = ["You are a player in an economics game with points . " * 4, "Answer with a number . " * 8]
    prompts = [Prompt("12 " * n + "give ?", each) for n in (0, 2, 5) for each in rules]
    prompts += [Prompt("much"), Prompt("?")]
    model = open_local(base)
    lengths = [group.length for group in group_by_beginning(model.chat.encode(prompts), 32)]
    assert len(lengths) == 3
    together = model.score(prompts, [ANSWERS] * len(prompts))
    for prompt, scores in zip(prompts, together, strict=True):
        single = model.score([prompt], [ANSWERS])[0]
        np.testing.assert_allclose(scores.log_probability, single.log_probability, atol=1e-5)


def test_prompts_that_begin_alike_are_answered_as_they_are_alone(base: Path) -> None:
    rules = ["You are a player in an economics game with points . " * 4, "Answer with a number . " * 8]
    prompts = [Prompt("12 " * n + "give ?", each) for n in range(12) for each in rules]
    prompts += [Prompt("much"), Prompt("?"), prompts[0]]
    model = open_local(base, sampling=Sampling(max_new_tokens=6))
    assert len(group_by_beginning(model.chat.encode(prompts), 512)) == 3
    together = model.complete(prompts, range(len(prompts)))
    assert len({answer.text for answer in together}) > 20
    for seed, (prompt, answer) in enumerate(zip(prompts, together, strict=True)):
        assert model.complete([prompt], [seed]) == [answer]


# Fewer bits


def test_fewer_bits_without_the_library_say_what_to_install(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else found(name)
    )
    with pytest.raises(GamesimError, match="dtype int8 needs bitsandbytes: pip install bitsandbytes"):
        open_local(base, dtype="int8")


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
@pytest.mark.parametrize("dtype", ["int8", "int4"])
def test_fewer_bits_score_and_write(tmp_path: Path, dtype: str) -> None:
    folder = write_model(tmp_path / "model", hidden=64, intermediate=128)
    teach(folder, ["How much do you give ?"], ["[1]", "[2]"], steps=40)
    adapter = write_adapter(tmp_path / "adapter", folder)
    full, fewer = open_local(folder), open_local(folder, dtype=dtype)
    assert fewer.model.get_memory_footprint() < 0.6 * full.model.get_memory_footprint()
    prompt = [Prompt("How much do you give ?")]
    exact, near = (np.exp(model.score(prompt, [ANSWERS])[0].log_probability) for model in (full, fewer))
    assert np.abs(exact - near).sum() / 2 < 0.2
    assert near.sum() > 0.8
    assert fewer.complete(prompt, [0])[0].finish == "stop"
    assert fewer.describe()["quantisation"].startswith(f"{dtype}: bitsandbytes")
    assert "bitsandbytes" in fewer.describe()["versions"]
    assert full.describe()["quantisation"] is None
    adapted = open_local(folder, adapter, dtype=dtype)
    assert adapted._weights.base is fewer._weights.base
    changed = np.exp(adapted.score(prompt, [ANSWERS])[0].log_probability)
    assert np.abs(changed - near).max() > 1e-3
    np.testing.assert_allclose(np.exp(fewer.score(prompt, [ANSWERS])[0].log_probability), near, atol=1e-6)


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_a_checkpoint_that_is_quantised_opens_as_it_is(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    fewer = open_local(base, dtype="int4")
    (folder / "model.safetensors").unlink()
    fewer.model.save_pretrained(folder)
    model = open_local(folder)
    assert model.describe()["quantisation"] == "in the checkpoint: bitsandbytes"
    np.testing.assert_allclose(scored(model), scored(fewer), atol=1e-4, rtol=1e-4)
    with pytest.raises(GamesimError, match="dtype int8: the checkpoint is quantised already"):
        open_local(folder, dtype="int8")
