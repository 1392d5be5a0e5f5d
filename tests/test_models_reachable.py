"""What can be asked from here: real local servers, and a Hugging Face cache laid out as its client does."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from modelserver import serving
from typed import Command

from gamesim.models import machine, reachable
from gamesim.models.reachable import servers, spec, weights
from gamesim.spec import parse

KEY = "sk-secret-0123456789"
BEFM = "GAMESIM_BEFM_URL"
BASE, ADAPTER = "Qwen/Qwen3-4B-Instruct-2507", "befm/BeFM1.5-4B"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without keys, addresses, usual ports and weights."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", BEFM):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reachable, "USUAL", ())


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out an empty cache."""
    pytest.importorskip("huggingface_hub")
    (tmp_path / "hub").mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(hub: Path, name: str, files: dict[str, str], branch: str = "main") -> None:
    repository = hub / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / branch).write_text(COMMIT)
    (repository / "blobs").mkdir()
    for file, text in files.items():
        blob = repository / "blobs" / f"{len(text)}-{file}"
        blob.write_text(text)
        (snapshot / file).symlink_to(blob)


def base_files(**config: Any) -> dict[str, str]:
    return {"config.json": json.dumps(config), "tokenizer.json": "{}", "model.safetensors": "x" * 1000}


def adapter_files(base: str) -> dict[str, str]:
    return {"adapter_config.json": json.dumps({"base_model_name_or_path": base}), "a.safetensors": "x" * 10}


def listed(**options: Any) -> dict[str, tuple[tuple[str, ...], str, str]]:
    options = {"usual": (), **options}
    return {each.found: (each.models, each.key, each.error) for each in servers(BEFM, **options)}


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """Answer every connection with the same bytes and leave it open."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.recv(4096)
                connection.sendall(reply)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        for connection in kept:
            connection.close()


# Servers.


def test_a_configured_server_is_asked_with_the_key_and_a_guessed_one_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(["a", "llama3:8b"], key=KEY) as named, serving(["b"]) as guessed:
        monkeypatch.setenv("OPENAI_BASE_URL", named.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        port = int(guessed.server_address[1])
        found = listed(usual=[(port, "Ollama"), (int(named.server_address[1]), "vLLM")])
    assert found == {
        "OPENAI_BASE_URL in the environment": (
            ("a", "llama3:8b"),
            "OPENAI_API_KEY in the environment",
            "",
        ),
        "usual port of Ollama": (("b",), "", ""),
    }
    assert named.asked == [("/v1/models", f"Bearer {KEY}")]
    assert guessed.asked == [("/v1/models", None)]


def test_several_addresses_and_settings_in_a_file() -> None:
    with serving(["a"]) as first, serving(["b"]) as second:
        Path(".env").write_text(f"OPENAI_BASE_URL={first.url}, {second.url}/\nOPENAI_API_KEY={KEY}\n")
        found = servers(BEFM, usual=())
    assert [each.models for each in found] == [("a",), ("b",)]
    assert {(each.found, each.key) for each in found} == {
        ("OPENAI_BASE_URL in .env", "OPENAI_API_KEY in .env")
    }


def test_servers_that_want_or_refuse_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(key=KEY) as server:
        port = int(server.server_address[1])
        assert listed(usual=[(port, "vLLM")])["usual port of vLLM"] == ((), "", "wants a key")
        monkeypatch.setenv(BEFM, server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
        (_, key, error) = listed()[f"{BEFM} in the environment"]
    assert (key, error) == ("OPENAI_API_KEY in the environment", "refuses the key")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "cannot be reached at this address"),
        (b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", "answers with status 500"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "answers with no list of models"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe[]", "answers with no list of models"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}', "has no models"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"data":[{"id":', "answers with no list of models"),
        (b"", "no whole answer within 0.2 s"),
    ],
    ids=["not http", "broken", "no list", "no text", "empty", "cut", "silent"],
)
def test_whatever_else_listens_is_named_or_left_out(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, error: str
) -> None:
    monkeypatch.setattr(reachable, "_FAR", 0.2)
    monkeypatch.setattr(reachable, "_NEAR", 0.2)
    with answering(reply) as url:
        port = int(url.rpartition(":")[2].removesuffix("/v1"))
        assert listed(usual=[(port, "vLLM")]) == {}
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert listed()["OPENAI_BASE_URL in the environment"] == ((), "", error)


def test_the_key_follows_no_redirection(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as other:
        target = f"Location: {other.url}/models".encode()
        with answering(b"HTTP/1.1 302 go\r\n" + target + b"\r\nContent-Length: 0\r\n\r\n") as url:
            monkeypatch.setenv("OPENAI_BASE_URL", url)
            monkeypatch.setenv("OPENAI_API_KEY", KEY)
            assert listed()["OPENAI_BASE_URL in the environment"][2] == "answers with status 302"
    assert other.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "localhost:8000", "http://[", "http://h:port/v1"])
def test_addresses_that_are_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    ((models, _, error),) = listed().values()
    assert models == ()
    assert "address" in error


def test_a_login_in_an_address_is_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(["a"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("//", "//me:s%65cret@"))
        (found,) = servers(BEFM, usual=())
    assert found.models == ("a",)
    assert "s%65cret" not in repr(found)
    assert server.asked == [("/v1/models", "Basic bWU6c2VjcmV0")]


@pytest.mark.parametrize(
    "name", ["gpt-5.4-mini", "llama3:8b", "a/b:1", "x,y", "a@b=c", 'say "hi"', "it's", "a b"]
)
def test_a_name_is_written_so_that_it_is_read_again(name: str) -> None:
    (item,) = parse(spec("openai", name))
    assert item.options == {"model_name": f"openai:{name}"}
    assert item.weight is None


def test_a_name_that_no_quotes_can_hold() -> None:
    assert spec("openai", '"it\'s" :8') == ""


def test_openai_itself_is_asked_only_with_a_key_and_when_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(["gpt"]) as server:
        monkeypatch.setattr(reachable, "OPENAI", server.url)
        assert listed(online=True) == {}
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        assert listed() == {}
        assert server.asked == []
        assert listed(online=True)["--online"][0] == ("gpt",)


# Weights.


def test_the_cache_is_listed_with_what_can_be_played(hub: Path) -> None:
    put(hub, BASE, base_files(architectures=["Qwen3ForCausalLM"]))
    put(hub, ADAPTER, adapter_files("/cluster/models/qwen"))
    put(hub, "me/lora", adapter_files(BASE))
    put(hub, "me/bert", base_files(architectures=["BertModel"]))
    put(hub, "me/pickled", {"config.json": "{}", "tokenizer.json": "{}", "pytorch_model.bin": "x"})
    put(hub, "me/branch", base_files(), branch="other")
    put(hub, "me/broken", {**base_files(), "model.safetensors.index.json": "no json"})
    found = {each.name: each for each in weights()}
    assert found[BASE].problem == ""
    assert found[BASE].revision == COMMIT
    assert found[BASE].size > 1000
    assert (found[ADAPTER].kind, found[ADAPTER].base) == ("adapter", "/cluster/models/qwen")
    assert reachable.of_adapter(found[ADAPTER]) == f"hf:BASE+{ADAPTER}"
    assert reachable.of_adapter(found["me/lora"]) == f"hf:{BASE}+me/lora"
    assert found["me/bert"].problem == "writes no text"
    assert "pickled" in found["me/pickled"].problem
    assert "branch main" in found["me/branch"].problem
    assert found["me/broken"].problem == "has settings that cannot be read"


def test_no_cache_is_no_weights(hub: Path) -> None:
    assert weights() == []
    hub.rmdir()
    assert weights() == []


# The machine.


def test_what_torch_was_built_for_is_read_off_its_files(tmp_path: Path) -> None:
    file = tmp_path / "version.py"
    file.write_text("from typing import Optional\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n")
    assert machine._build(file) == "cuda 12.8"
    file.write_text("cuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n")
    assert machine._build(file) == "hip 6.4"
    assert machine._build(tmp_path / "nowhere.py") == ""


def test_cards_are_those_that_the_system_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H100, 81559'\necho 'Odd, [N/A]'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    first, second = machine._cards("cuda 12.8")
    assert (first.name, first.memory, first.note) == ("NVIDIA H100", 81559 * 2**20, "")
    assert (second.name, second.memory) == ("Odd", None)
    assert "not built for it" in machine._cards("")[0].note
    program.write_text("#!/bin/sh\nexit 9\n")
    assert machine._cards("cuda 12.8") == []


# The command.


@pytest.fixture
def command(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> str:
        code, out, err = command("models", *arguments)
        assert (code, err) == (0, "")
        return out

    return run


def test_nothing_there_is_said(hub: Path, command: Callable[..., str]) -> None:
    shown = command()
    for words in ("OPENAI_API_KEY: not set", "none", "mini", f"hf download {BASE} && hf download {ADAPTER}"):
        assert words in shown
    assert json.loads(command("--json"))["servers"] == []


def test_each_line_gives_what_stands_after_agents(
    hub: Path, command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(hub, BASE, base_files())
    put(hub, ADAPTER, adapter_files("/cluster"))
    evil = "bad\x1b[2J\u202e[red]"
    with serving(["llama3:8b", evil]) as server, serving([ADAPTER, "other"]) as befm:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv(BEFM, befm.url)
        shown, document = command(), json.loads(command("--json"))
    assert KEY not in shown + json.dumps(document)
    assert 'openai:"llama3:8b"' in shown
    assert r"bad\x1b[2J\u202e[red]" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert "not contacted; --online asks it" in shown
    assert f"hf:{BASE}" in shown
    assert ["befm", "here"] in [line.split() for line in shown.splitlines()]
    own, other = document["servers"]
    assert own["models"][1]["name"] == evil
    assert [each["agents"] for each in other["models"]] == ["befm", "openai:other"]
    assert other["models"][1]["set"] == f"OPENAI_BASE_URL={befm.url}"
    assert document["befm"][0] == {"agents": "befm", "release": ADAPTER, "base": BASE, "missing": []}
    assert document["key"] == "the environment"
