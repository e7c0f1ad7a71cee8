import os
import stat
from pathlib import Path

import pytest

from understudy.config.settings import (
    AnswerKeeping,
    ResultFileEncoding,
    SettingsError,
    WandbAccount,
)
from understudy.config.source import SettingsSource, load_settings
from understudy.registry.tuning import FullTuning, LoraTuning


def write(home: Path, text: str) -> Path:
    (home / "understudy.toml").write_text(text)
    return home


def test_a_home_without_a_file_has_the_defaults(tmp_path: Path):
    settings = load_settings(tmp_path)
    assert settings.organization == "personal"
    assert settings.result_file_encoding is ResultFileEncoding.BASE64
    assert settings.database_url == f"sqlite:///{tmp_path}/understudy.db"
    assert settings.python_grader_seconds == 10
    assert settings.aliases == {}
    assert settings.models == {}
    assert settings.answers_of("default") == AnswerKeeping(days=30, share=0.0)
    assert settings.wandb is None


def test_everything_in_the_file_is_read(tmp_path: Path):
    write(
        tmp_path,
        """
        organization = "acme"
        result_file_encoding = "plain"
        database_url = "postgresql://localhost/understudy"
        python_grader_seconds = 2.5
        keep_answers_days = 90
        [projects.support]
        store_by_default = true
        [projects."a b"]
        keep_answers_days = 1
        [aliases]
        "gpt-4.1-nano-2025-04-14" = "understudy-mini"
        [models."Qwen/Qwen3-0.6B"]
        directory = "/data/qwen"
        training = "full"
        [models.here]
        directory = "bases/here"
        [models.understudy-nano]
        lora_rank = 8
        """,
    )
    settings = load_settings(tmp_path)
    assert settings.organization == "acme"
    assert settings.result_file_encoding is ResultFileEncoding.PLAIN
    assert settings.database_url == "postgresql://localhost/understudy"
    assert settings.python_grader_seconds == 2.5
    assert settings.answers_of("default") == AnswerKeeping(days=90, share=0.0)
    assert settings.answers_of("support") == AnswerKeeping(days=90, share=1.0)
    assert settings.answers_of("a b") == AnswerKeeping(days=1, share=0.0)
    assert settings.aliases == {"gpt-4.1-nano-2025-04-14": "understudy-mini"}
    assert settings.models == {
        "Qwen/Qwen3-0.6B": Path("/data/qwen"),
        "here": tmp_path / "bases/here",
    }
    assert settings.tunings == {
        "Qwen/Qwen3-0.6B": FullTuning(),
        "understudy-nano": LoraTuning(rank=8, alpha=16.0),
    }


def test_a_file_that_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "understudy.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings(tmp_path)


def test_the_home_is_absolute_wherever_it_was_written_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert load_settings(Path("home")).home == tmp_path / "home"


def test_the_engines_socket_lies_in_the_home_and_only_its_owner_may_enter(tmp_path: Path):
    settings = load_settings(tmp_path / "h")
    settings.make_directories()
    assert settings.engine_socket == tmp_path / "h" / "run" / "engine.sock"
    assert stat.S_IMODE(settings.run_directory.stat().st_mode) == 0o700


def test_a_long_home_has_its_socket_in_a_private_directory_elsewhere(tmp_path: Path):
    settings = load_settings(tmp_path / ("long" * 40))
    other = load_settings(tmp_path / ("long" * 41))
    assert len(os.fsencode(settings.engine_socket)) <= 100
    assert settings.engine_socket != other.engine_socket
    settings.make_directories()
    directory = settings.engine_socket.parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    directory.rmdir()


def test_a_change_of_the_file_is_seen_without_a_restart(tmp_path: Path):
    source = SettingsSource(tmp_path)
    first = source()
    assert source() is first
    write(tmp_path, 'organization = "acme"')
    assert source().organization == "acme"


def test_a_file_that_is_half_written_changes_nothing_and_is_reported(tmp_path: Path):
    source = SettingsSource(write(tmp_path, 'organization = "acme"'))
    write(tmp_path, "organization = ")
    assert source().organization == "acme"
    assert source.problem is not None
    assert "not valid TOML" in source.problem
    write(tmp_path, 'organization = "initech"')
    assert source().organization == "initech"
    assert source.problem is None


def test_a_process_does_not_start_with_a_broken_file(tmp_path: Path):
    with pytest.raises(SettingsError):
        SettingsSource(write(tmp_path, "organization = "))


@pytest.fixture(autouse=True)
def no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("text", "variable", "account"),
    [
        ("", None, None),
        ("", "from-outside", WandbAccount(api_key="from-outside", is_offline=False, base_url=None)),
        (
            '[wandb]\napi_key = "k"\nbase_url = "https://wandb.example"',
            "from-outside",
            WandbAccount(api_key="k", is_offline=False, base_url="https://wandb.example"),
        ),
        (
            '[wandb]\nmode = "offline"',
            None,
            WandbAccount(api_key=None, is_offline=True, base_url=None),
        ),
        ('[wandb]\nmode = "online"', None, None),
    ],
)
def test_the_account_of_weights_and_biases_is_in_the_file_or_its_key_outside(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    variable: str | None,
    account: WandbAccount | None,
):
    if variable is not None:
        monkeypatch.setenv("WANDB_API_KEY", variable)
    assert load_settings(write(tmp_path, text)).wandb == account


def test_the_key_of_an_account_is_not_shown_with_the_settings(tmp_path: Path):
    settings = load_settings(write(tmp_path, '[wandb]\napi_key = "very-secret"'))
    assert "very-secret" not in repr(settings)


def test_a_project_has_the_safety_of_the_home_but_for_what_it_says(tmp_path: Path):
    (tmp_path / "policy.md").write_text("Be kind.\n")
    (tmp_path / "understudy.toml").write_text(
        """
        [safety]
        moderator = "judge:understudy-nano"
        policy_file = "policy.md"
        screening = "all"
        thresholds = { "hate" = 0.7 }
        [projects.support.safety]
        screening_action = "block"
        zero_tolerance = []
        """
    )
    settings = load_settings(tmp_path)
    assert settings.moderator is not None
    assert (settings.moderator.name, settings.moderator.policy) == (
        "judge:understudy-nano (policy 5499befb)",
        "Be kind.",
    )
    usual, support = settings.screening_of("other"), settings.screening_of("support")
    assert (usual.mode, usual.action, usual.zero_tolerance) == ("all", "warn", ("sexual/minors",))
    assert (support.mode, support.action, support.zero_tolerance) == ("all", "block", ())
    assert support.thresholds == {"hate": 0.7}


def test_a_home_without_a_moderation_model_says_so(tmp_path: Path):
    assert load_settings(tmp_path).moderator is None
    (tmp_path / "understudy.toml").write_text('[safety]\nmoderator = "none"\n')
    assert load_settings(tmp_path).moderator is None


def test_the_directories_of_a_home_are_for_its_owner_alone(tmp_path: Path):
    home = tmp_path / "home"
    for is_old in (False, True):
        if is_old:
            (home / "pepper").write_bytes(b"")
            for directory in (home, home / "blobs", home / "logs"):
                directory.chmod(0o755)
        load_settings(home).make_directories()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
        assert {mode for name, mode in modes.items() if name != "pepper"} == {0o700}
        assert stat.S_IMODE(home.stat().st_mode) & 0o007 == 0


def test_a_directory_that_is_shared_stays_shared(tmp_path: Path):
    (tmp_path / "pepper").write_bytes(b"")
    tmp_path.chmod(0o1777)
    load_settings(tmp_path).make_directories()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
