from __future__ import annotations

import json
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch
from tiny import teach, write_adapter, write_model, write_tokenizer

from gamesim.errors import GamesimError, GamesimWarning
from gamesim.models import LanguageModel, Prompt, Sampling, Scorer
from gamesim.models.draws import log_probabilities, uniforms
from gamesim.models.local import LocalModel, open_local
from gamesim.models.packed import check_attention
from gamesim.models.trie import build_trie

NUMBERS = [f"[{n}]" for n in range(101)]
PLAIN = Sampling()
BEFM = Sampling(temperature=0.6, top_k=20, top_p=0.95)
SYSTEM = "You are a player in an economics game ."
HISTORY = "You are a player in an economics game with 12 points . Answer with a number . " * 3


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, bool, bool], Path]:
    root = tmp_path_factory.mktemp("models")
    return {
        (kind, digits, template): write_model(
            root / f"{kind}-{digits}-{template}", kind=kind, digits=digits, template=template
        )
        for kind in ("llama", "qwen3")
        for digits in (True, False)
        for template in (True, False)
    }


@pytest.fixture(scope="module")
def base(folders: dict[tuple[str, bool, bool], Path]) -> Path:
    return folders["llama", True, True]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_model(tmp_path_factory.mktemp("taught") / "taught")
    return teach(folder, ["How much do you give ?", HISTORY], [f"[{n}]" for n in range(12)])


def by_hand(model: LocalModel, prompt: Prompt, answer: str, sampling: Sampling) -> float:
    """Score one answer by a forward pass of its own and transformers' own sampling settings."""
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    text = model.render(prompt)
    read = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    both = [*model.tokenizer(text + answer, add_special_tokens=False)["input_ids"], model.chat.end_token]
    assert both[: len(read)] == read
    with torch.inference_mode():
        logits = model.model(input_ids=torch.tensor([both])).logits[0].float()
    warpers: list[Any] = [TemperatureLogitsWarper(sampling.temperature)]
    warpers += [TopKLogitsWarper(sampling.top_k)] if sampling.top_k else []
    warpers += [TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []
    total = 0.0
    for place in range(len(read), len(both)):
        row = logits[place - 1 : place]
        for warper in warpers:
            row = warper(None, row)
        total += float(row.log_softmax(-1)[0, both[place]])
    return total


def compare(model: LocalModel, prompts: list[Prompt], answers: list[list[str]]) -> None:
    for prompt, row, scores in zip(prompts, answers, model.score(prompts, answers), strict=True):
        expected = np.array([by_hand(model, prompt, answer, model.sampling) for answer in row])
        found: NDArray[np.float64] = scores.log_probability
        assert np.array_equal(np.isinf(found), np.isinf(expected))
        finite = np.isfinite(expected)
        np.testing.assert_allclose(found[finite], expected[finite], atol=1e-5, rtol=1e-5)


# Exact probabilities


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("sampling", [PLAIN, BEFM], ids=["plain", "befm"])
@pytest.mark.parametrize("template", [True, False], ids=["chat", "text"])
@pytest.mark.parametrize("digits", [True, False], ids=["digits", "numbers"])
@pytest.mark.parametrize("kind", ["llama", "qwen3"])
def test_packed_scores_equal_brute_force(
    folders: dict[tuple[str, bool, bool], Path],
    kind: str,
    digits: bool,
    template: bool,
    sampling: Sampling,
    attention: str,
) -> None:
    model = open_local(folders[kind, digits, template], sampling=sampling, attention=attention)
    assert isinstance(model, Scorer)
    language_model: LanguageModel = model
    assert language_model.name == folders[kind, digits, template].name
    # The first two share a long beginning; answers differ in number, and one is empty.
    prompts = [Prompt(HISTORY + "3", SYSTEM), Prompt(HISTORY + "14 15", SYSTEM), Prompt("give ?", SYSTEM)]
    answers = [["[0]", "[5]", "[50]", "[55]", "[100]"], ["[1]", "[1"], ["", "[7]", "much"]]
    compare(model, prompts, answers)
    compare(model, prompts[:2], answers[:2])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.text("give12 ?", max_size=60),
            st.lists(st.text("[]0123 ab", max_size=5), min_size=1, max_size=6, unique=True),
        ),
        min_size=1,
        max_size=4,
    ),
    sampling=st.sampled_from([PLAIN, BEFM, Sampling(top_k=300), Sampling(temperature=2.0, top_p=0.9)]),
)
def test_any_answers_equal_brute_force(
    base: Path, rows: list[tuple[str, list[str]]], sampling: Sampling
) -> None:
    model = open_local(base, sampling=sampling)
    compare(model, [Prompt(user, SYSTEM) for user, _ in rows], [answers for _, answers in rows])


def test_small_batches_change_nothing(base: Path) -> None:
    model = open_local(base)
    prompts = [Prompt(HISTORY + "12 " * n) for n in (1, 9, 4, 1, 30)]
    answers = [NUMBERS[: 1 + n] for n in (3, 8, 5, 3, 100)]
    whole = model.score(prompts, answers)
    model.tokens_per_batch = 1
    for one, other in zip(whole, model.score(prompts, answers), strict=True):
        np.testing.assert_allclose(one.log_probability, other.log_probability, atol=1e-5)
    assert whole[0] is whole[3]
    assert not whole[0].log_probability.flags.writeable


def test_equal_rows_are_computed_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = open_local(base)
    model.score([Prompt("give ?")], [NUMBERS])
    widths: list[tuple[int, ...]] = []
    forward = type(model.model).forward

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        widths.append(tuple(kwargs["input_ids"].shape))
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(type(model.model), "forward", counted)
    model.score([Prompt("give ?")] * 1000, [NUMBERS] * 1000)
    assert len(widths) == 1
    assert widths[0][0] == 1


def test_probabilities_are_those_of_free_answers(taught: Path) -> None:
    prompt = Prompt("How much do you give ?")
    answers = [f"[{n}]" for n in range(12)]
    for sampling in (PLAIN, Sampling(temperature=0.6, top_k=8, top_p=0.95)):
        model = open_local(taught, sampling=sampling)
        scores = model.score([prompt], [answers])[0]
        assert 0.95 < scores.legal_mass <= 1
        counts = Counter(answer.text for answer in model.complete([prompt] * 2000, range(2000)))
        shares = np.array([counts[answer] / 2000 for answer in answers])
        expected = np.exp(scores.log_probability)
        assert np.abs(shares - expected).max() < 4 * np.sqrt(expected.max() / 2000)


def test_a_mask_that_attention_ignores_is_noticed(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.llama import modeling_llama

    model = open_local(base, attention="eager")
    eager = modeling_llama.eager_attention_forward

    def deaf(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **kwargs: Any) -> Any:
        causal = torch.full(attention_mask.shape[-2:], -1e30).triu(1)[None, None]
        return eager(module, query, key, value, causal, **kwargs)

    check_attention(model.model, [5, 6, 7], build_trie([[1, 3, 9], [2, 4, 9]]))
    monkeypatch.setattr(modeling_llama, "eager_attention_forward", deaf)
    with pytest.raises(GamesimError, match="ignores the mask"):
        model.score([Prompt("give ?")], [["[1]", "[20]", "[30]"]])


def test_a_model_that_takes_no_mask_is_refused() -> None:
    from transformers import BloomConfig, BloomForCausalLM

    model = BloomForCausalLM(BloomConfig(vocab_size=50, hidden_size=16, n_layer=1, n_head=2)).eval()
    with pytest.raises(GamesimError, match="does not take a mask"):
        check_attention(model, [5, 6, 7], build_trie([[1, 3, 9], [2, 4, 9]]))


def test_too_long_a_prompt_is_refused(base: Path) -> None:
    with pytest.raises(GamesimError, match="reads at most 2048"):
        open_local(base).score([Prompt("12 " * 1500)], [["[1]"]])
    with pytest.raises(GamesimError, match="reads at most 2048"):
        open_local(base).complete([Prompt("12 " * 1500)], [1])


@pytest.mark.parametrize("answers", [[], ["[1]", "[1]"]])
def test_answers_are_distinct_and_some(base: Path, answers: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        open_local(base).score([Prompt("give ?")], [answers])


def test_nothing_asked_nothing_answered(base: Path) -> None:
    model = open_local(base)
    assert list(model.score([], [])) == []
    assert list(model.complete([], [])) == []


# Sampling


@given(seed=st.integers(0, 2**32 - 1), top_k=st.integers(0, 12), top_p=st.floats(0.05, 1.0))
@settings(max_examples=40, deadline=None)
def test_settings_are_those_of_transformers(seed: int, top_k: int, top_p: float) -> None:
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = torch.tensor(np.random.default_rng(seed).normal(size=(3, 10)) * 3, dtype=torch.float32)
    expected = TemperatureLogitsWarper(0.7)(None, logits)
    if top_k:
        expected = TopKLogitsWarper(top_k)(None, expected)
    if top_p < 1:
        expected = TopPLogitsWarper(top_p)(None, expected)
    found = log_probabilities(logits, Sampling(temperature=0.7, top_k=top_k, top_p=top_p))
    torch.testing.assert_close(found, expected.log_softmax(-1))


def test_ties_with_the_last_token_kept_are_kept() -> None:
    found = log_probabilities(torch.tensor([[2.0, 1.0, 1.0, 0.0]]), Sampling(top_k=2))
    assert torch.isfinite(found).tolist() == [[True, True, True, False]]


def test_uniform_numbers_look_uniform_and_independent() -> None:
    seeds = np.arange(20_000, dtype=np.uint64)
    first, second = uniforms(seeds, 0), uniforms(seeds, 1)
    for draws in (first, second):
        assert draws.min() >= 0
        assert draws.max() < 1
        assert np.abs(np.histogram(draws, 10, (0, 1))[0] - 2000).max() < 200
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03


@pytest.mark.parametrize(
    "wrong", [{"temperature": 0.0}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5}, {"max_new_tokens": 0}]
)
def test_sampling_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(GamesimError, match=next(iter(wrong))):
        Sampling(**wrong)


# Free answers


def test_draws_depend_on_prompt_and_seed_alone(taught: Path) -> None:
    model = open_local(taught, sampling=Sampling(temperature=1.5, max_new_tokens=12))
    prompts = [Prompt("How much do you give ?"), Prompt(HISTORY), Prompt("points ?", SYSTEM)]
    rows = [(prompt, seed) for prompt in prompts for seed in range(16)]
    whole = model.complete([prompt for prompt, _ in rows], [seed for _, seed in rows])
    order = np.random.default_rng(0).permutation(len(rows))
    model.tokens_per_batch = 40
    mixed = model.complete([rows[i][0] for i in order], [rows[i][1] for i in order])
    assert [whole[i] for i in order] == list(mixed)
    assert len({answer.text for answer in whole[:16]}) > 1
    # Few rows a prompt are padded together, many start from what was read once.
    few = range(0, len(rows), 3)
    assert [whole[i] for i in few] == list(
        model.complete([rows[i][0] for i in few], [rows[i][1] for i in few])
    )


def test_finish_and_token_counts(taught: Path, base: Path) -> None:
    prompt = Prompt("How much do you give ?")
    model = open_local(taught, sampling=Sampling(temperature=0.1))
    answer = model.complete([prompt], [3])[0]
    assert answer.finish == "stop"
    assert answer.tokens_in == len(model.chat.encode([prompt])[0])
    assert answer.tokens_out == len(model.chat.continuations([answer.text])[0])
    cut = open_local(taught, sampling=Sampling(temperature=0.1, max_new_tokens=2)).complete([prompt], [3])[0]
    assert (cut.finish, cut.tokens_out, cut.text) == ("length", 2, answer.text[: len(cut.text)])


# Prompts as tokens


def test_thinking_is_off_and_the_turn_ends_the_answer(base: Path) -> None:
    model = open_local(base)
    assert model.rendering == "chat template"
    text = model.render(Prompt("u", "s"))
    assert text.startswith("<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>")
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert model.tokenizer.convert_ids_to_tokens(model.chat.end_token) == "<|im_end|>"
    assert len(model.chat.stop_tokens) == 2


def test_without_a_template_the_prompt_is_plain_text(
    folders: dict[tuple[str, bool, bool], Path],
) -> None:
    model = open_local(folders["llama", True, False])
    assert model.rendering == "plain text"
    assert model.render(Prompt("u", "s")) == "s\n\nu\n"
    assert model.render(Prompt("u")) == "u\n"
    assert model.chat.end_token == model.tokenizer.eos_token_id


def test_a_template_without_a_system_turn_gets_one_merged(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}"
    (folder / "chat_template.jinja").write_text(refusing + template, encoding="utf-8")
    model = open_local(folder)
    assert "<|im_start|>user\ns\n\nu<|im_end|>" in model.render(Prompt("u", "s"))
    told = model.render(Prompt("u", "s", earlier=(("v", "[1]"),)))
    assert told.startswith("<|im_start|>user\ns\n\nv<|im_end|>\n<|im_start|>assistant\n[1]<|im_end|>")
    assert "<|im_start|>user\nu<|im_end|>" in told


def test_a_template_that_refuses_earlier_turns_is_an_error(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    refusing = "{% if messages | length > 2 %}{{ raise_exception('one turn only') }}{% endif %}"
    (folder / "chat_template.jinja").write_text(refusing + template, encoding="utf-8")
    with pytest.raises(GamesimError, match="chat template refuses the prompt: one turn only"):
        open_local(folder).render(Prompt("u", earlier=(("v", "[1]"),)))


def test_earlier_turns_stand_before_the_question(folders: dict[tuple[str, bool, bool], Path]) -> None:
    prompt = Prompt("u", "s", earlier=(("v", "[1]"), ("w", "[2]")))
    turns = [
        ("system", "s"),
        ("user", "v"),
        ("assistant", "[1]"),
        ("user", "w"),
        ("assistant", "[2]"),
        ("user", "u"),
    ]
    said = "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
    assert (
        open_local(folders["llama", True, True]).render(prompt).startswith(f"{said}<|im_start|>assistant\n")
    )
    plain = open_local(folders["llama", True, False])
    assert plain.render(prompt) == "s\n\nv\n[1]\n\nw\n[2]\n\nu\n"
    compare(plain, [prompt], [["[1]", "[20]"]])


def test_a_template_with_a_date_reads_the_same_every_day(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    dated = "{% if not date_string is defined %}{% set date_string = strftime_now('%s') %}{% endif %}"
    (folder / "chat_template.jinja").write_text(dated + "{{ date_string }}", encoding="utf-8")
    model = open_local(folder)
    assert model.render(Prompt("u")) == "26 Jul 2024"
    assert model.chat.end_token == model.tokenizer.eos_token_id


def test_digits_and_whole_numbers(folders: dict[tuple[str, bool, bool], Path]) -> None:
    for digits, length in ((True, 6), (False, 4)):
        chat = open_local(folders["llama", digits, True]).chat
        assert len(chat.continuations(["[100]"])[0]) == length


def test_trie_shares_beginnings() -> None:
    trie = build_trie([[1, 2, 9], [1, 3, 9], [1, 9], [9]])
    assert trie.tokens.tolist() == [1, 2, 3]
    assert trie.depth.tolist() == [1, 2, 2]
    assert trie.ancestors.tolist() == [[True, False, False], [True, True, False], [True, False, True]]
    assert trie.total(np.arange(len(trie.edge_row), dtype=np.float64)).tolist() == [3.0, 7.0, 5.0, 6.0]
    assert build_trie([[9]]).height == 0


# Adapters


def test_an_adapter_changes_the_probabilities_and_is_scored_exactly(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    with warnings.catch_warnings():
        warnings.simplefilter("error", GamesimWarning)
        model = open_local(base, adapter)
    prompt, answers = Prompt("How much do you give ?", SYSTEM), ["[1]", "[20]", "much"]
    compare(model, [prompt], [answers])
    plain = open_local(base).score([prompt], [answers])[0].log_probability
    assert np.abs(model.score([prompt], [answers])[0].log_probability - plain).max() > 0.1
    described = model.describe()
    assert set(described["adapter_sha256"]) >= {"adapter_model.safetensors", "adapter_config.json"}
    assert model.name == "adapter"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"layers": 1}, "covers 1 layers of 2"),
        ({"layers": 3}, "have no place there"),
        ({"hidden": 64}, "have another shape"),
        ({"kind": "qwen3", "hidden": 64}, "have another shape"),
    ],
)
def test_an_adapter_for_another_shape_is_refused(
    base: Path, tmp_path: Path, shape: dict[str, Any], message: str
) -> None:
    other = write_model(tmp_path / "other", **shape)
    adapter = write_adapter(tmp_path / "adapter", other, base_name=str(base))
    with pytest.raises(GamesimError, match=message):
        open_local(base, adapter)


def test_an_adapter_for_fewer_layers_is_refused(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, target_modules=["q_proj", "v_proj"])
    taller = write_model(tmp_path / "taller", layers=3)
    with pytest.raises(GamesimError, match="4 places there would stay without adapter weights"):
        open_local(taller, adapter)


def test_an_adapter_listing_its_own_fewer_layers_is_refused(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", write_model(tmp_path / "other", layers=1))
    settings_file = adapter / "adapter_config.json"
    content = json.loads(settings_file.read_text(encoding="utf-8"))
    content["target_modules"] = r".*\.layers\.0\.(self_attn|mlp)\.\w+_proj"
    content["base_model_name_or_path"] = str(base)
    settings_file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(GamesimError, match="covers 1 layers of 2"):
        open_local(base, adapter)


def test_an_adapter_lacking_a_tensor_is_refused(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    adapter = write_adapter(tmp_path / "adapter", base)
    tensors = load_file(adapter / "adapter_model.safetensors")
    tensors.pop(sorted(tensors)[0])
    save_file(tensors, adapter / "adapter_model.safetensors")
    with pytest.raises(GamesimError, match="1 places there would stay"):
        open_local(base, adapter)


def test_an_adapter_naming_another_base_warns(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, base_name="someone/else-4B")
    with pytest.warns(GamesimWarning, match="made for 'someone/else-4B'"):
        open_local(base, adapter)


def test_an_adapter_names_its_base_by_another_path(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, base_name=f"/far/away/{base.name}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", GamesimWarning)
        open_local(base, adapter)


# Folders


def test_folders_that_are_not_whole_are_refused_in_a_sentence(base: Path, tmp_path: Path) -> None:
    with pytest.raises(GamesimError, match="does not exist"):
        open_local(tmp_path / "nowhere")
    with pytest.raises(GamesimError, match=r"no config\.json"):
        open_local(tmp_path)
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(GamesimError, match="only pickled weights"):
        open_local(folder)
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(GamesimError, match="no weights"):
        open_local(folder)
    index = {"weight_map": {"a": "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(GamesimError, match=r"model-1\.safetensors not found"):
        open_local(folder)
    whole = Path(shutil.copytree(base, tmp_path / "whole"))
    (whole / "tokenizer.json").unlink()
    with pytest.raises(GamesimError, match="no tokenizer"):
        open_local(whole)


def test_damaged_weights_are_refused_in_a_sentence(base: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    (folder / "model.safetensors").write_bytes(b"no tensors here")
    with pytest.raises(GamesimError, match="cannot be opened"):
        open_local(folder)


def test_weights_that_lack_a_tensor_are_refused(base: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(base, tmp_path / "model"))
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("model.layers.1.mlp.up_proj.weight")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(GamesimError, match="lacks 1 of its model's weights"):
        open_local(folder)


def test_an_adapter_in_the_place_of_a_base(base: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    with pytest.raises(GamesimError, match="is an adapter, not a base model"):
        open_local(adapter)
    with pytest.raises(GamesimError, match="is no adapter"):
        open_local(base, base)


def test_an_id_out_of_the_cache_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(GamesimError, match="hf download nobody/nothing"):
        open_local("nobody/nothing")


def test_an_id_in_the_cache_opens_with_its_revision(
    base: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--some--model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit, encoding="utf-8")
    shutil.copytree(base, repository / "snapshots" / commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    model = open_local("some/model")
    assert model.describe()["base_revision"] == commit
    assert model.name == "model"
    (repository / "snapshots" / commit / "model.safetensors").unlink()
    with pytest.raises(GamesimError, match="hf download some/model"):
        open_local("some/model")


def test_what_is_not_installed_is_named(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "transformers" else found(name)
    )
    with pytest.raises(GamesimError, match=r'pip install "gamesim\[local\]"'):
        open_local(base)


@pytest.mark.parametrize("wrong", [{"device": "nowhere"}, {"dtype": "int7"}, {"attention": "flash"}])
def test_settings_that_do_not_exist_are_refused(base: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(GamesimError, match=next(iter(wrong))):
        open_local(base, **wrong)  # type: ignore[arg-type]


def test_description_is_plain_and_hashes_every_file(base: Path) -> None:
    import hashlib

    described = open_local(base, sampling=BEFM).describe()
    weights = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    assert described["base_sha256"]["model.safetensors"] == weights
    assert {"tokenizer.json", "config.json", "chat_template.jinja"} <= set(described["base_sha256"])
    assert described["sampling"] == {"temperature": 0.6, "top_k": 20, "top_p": 0.95, "max_new_tokens": 64}
    assert json.loads(json.dumps(described)) == described


def test_half_precision_scores_nearly_the_same(base: Path) -> None:
    model = open_local(base, dtype="bfloat16")
    prompt = Prompt("How much do you give ?", SYSTEM)
    near = open_local(base).score([prompt], [["[1]", "[20]"]])[0].log_probability
    np.testing.assert_allclose(model.score([prompt], [["[1]", "[20]"]])[0].log_probability, near, atol=0.5)


def test_a_tokenizer_without_an_end_is_refused(base: Path, tmp_path: Path) -> None:
    from gamesim.models.chat import Chat

    tokenizer = write_tokenizer(tmp_path / "tokenizer", digits=True, template=False)
    tokenizer.eos_token = None
    with pytest.raises(GamesimError, match="no end-of-text token"):
        Chat(tokenizer)
