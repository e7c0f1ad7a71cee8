from datetime import date
from pathlib import Path

import pytest

from understudy.config.document import tuning_of_flags
from understudy.config.settings import SettingsError
from understudy.config.source import load_settings
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.registry.tuning import FullTuning, LoraTuning


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("organization = ", "not valid TOML"),
        ("organization = 5", "organization must be a text"),
        ('organization = ""', "organization must be a text"),
        ('result_file_encoding = "zip"', '"base64" or "plain", not "zip"'),
        ("python_grader_seconds = 0", "a number above 0 and at most 120"),
        ("python_grader_seconds = 121", "a number above 0 and at most 120"),
        ("python_grader_seconds = true", "a number above 0 and at most 120"),
        ('organisation = "acme"', "'organisation' is not a setting; known are aliases"),
        ('aliases = "x"', r"aliases must be a table, \[aliases\]"),
        ("[aliases]\nname = 5", r'\[aliases\] "name" must be the name of a base, or a table'),
        (
            '[aliases]\n"o*" = { base = "b", ignore = ["seed"] }',
            r'"o\*" must be the name of a base',
        ),
        ('[aliases]\n"o*" = { base = "b", ingore = [] }', r"or a table such as \{ base = "),
        ("[models]\nname = 5", r'\[models."name"\] must be a table'),
        ("[models.name]\ndirectory = ''", r'\[models."name"\] directory must be a path'),
        ("[models.name]\nlora_rank = 0", r'\[models."name"\] lora_rank must be a whole number'),
        (
            "[models.name]\npath = '/data'",
            r'\[models."name"\] \'path\' is not a .*known are directory',
        ),
        (
            "[models.name]\ndirectory = '/d'\nrank = 4",
            r'\[models."name"\] \'rank\' is not a setting',
        ),
        ("[models.name]", r'\[models."name"\] needs a line'),
        (
            "[models.name]\nsplit_turns = 'yes'",
            r'\[models."name"\] split_turns must be true or false',
        ),
        (
            "[models.name]\ntemplate_date = 'today'",
            r'\[models."name"\] template_date must be a day, for example',
        ),
        ("keep_answers_days = 0", "keep_answers_days must be a whole number from 1"),
        ("keep_answers_days = true", "keep_answers_days must be a whole number"),
        ("store_by_default = 1", "store_by_default must be true or false"),
        ("store_share = 1.5", "store_share must be a number from 0 to 1"),
        ("store_share = 'half'", "store_share must be a number from 0 to 1"),
        (
            "[projects.a]\nstore_share = 0.1\nstore_by_default = true",
            r'\[projects."a"\] store_by_default and store_share say the same',
        ),
        ("[engine]\nrows = 0", r"\[engine\] rows must be a whole number from 1 to 1024"),
        (
            "[engine]\ncache_memory = 'all'",
            r"\[engine\] cache_memory must be a size or a share of the free memory, for example "
            r'cache_memory = "4 GiB"',
        ),
        ("[engine]\nbase_memory = 8", r"\[engine\] base_memory must be a size or a share"),
        ("[engine]\ncache = '1 GB'", r"\[engine\] 'cache' is not a setting; known are adapters"),
        ("projects = 5", r"projects must be tables, one \[projects.NAME\] for"),
        (
            "[projects.a]\norganization = 'x'",
            r'\[projects."a"\] .* known are keep_answers_days, safety, store_by',
        ),
        ("models = 5", r'\[models."NAME"\]'),
        ("[remote_models.x]", r'\[remote_models."x"\] base_url must be an address'),
        ("remote_models = 5", r'one \[remote_models."NAME"\] for each model'),
        (
            '[remote_models.x]\nbase_url = "ftp://x/v1"',
            r'\[remote_models."x"\] base_url must be an address without a key in it',
        ),
        (
            '[remote_models.x]\nbase_url = "https://user:secret@x/v1"',
            r"base_url must be an address without a key in it, for example (?!.*secret)",
        ),
        (
            '[remote_models.x]\nbase_url = "https://x/v1"\napi_key_env = "sk-secret-1"',
            r"api_key_env must be the name of the environment variable (?!.*sk-secret)",
        ),
        (
            '[remote_models.x]\nbase_url = "https://x/v1"\napi_key = "sk-secret-1"',
            r"'api_key' is not a setting; known are answers_as, api_key_env.*(?!.*sk-secret)",
        ),
        (
            '[remote_models.x]\nbase_url = "https://x/v1"\ntask = "images"',
            'task must be "chat", "embedding" or "moderation", not "images"',
        ),
        (
            '[remote_models.x]\nbase_url = "https://x/v1"\nmax_retries = 99',
            "max_retries must be a whole number from 0 to 10",
        ),
        ("safety = 5", r"\[safety\] must be a table"),
        ('[safety]\nmoderator = "yes"', r'\[safety\] moderator must be "none", "local:BASE"'),
        ('[safety]\nmoderator = "local:gpt"', r"\[safety\] the name of this base does not say how"),
        (
            '[safety]\nmoderator = "local:qwen3guard-0.6b"',
            r'moderator is "local:qwen3guard-0.6b", but there is no base of that name',
        ),
        ('[safety]\nmoderator = "remote:x"', r'\[remote_models."x"\] with task = "moderation"'),
        ('[safety]\nmoderator = "judge:x"', "neither a base nor a remote chat model has that name"),
        ('[safety]\nguard = "qwen3guard"', "guard means nothing without"),
        ('[safety]\nguard = "bouncer"', r"\[safety\] guard must be one of llama-guard-3"),
        ('[safety]\npolicy_file = "x.md"', "policy_file means nothing here"),
        (
            '[safety]\nmoderator = "judge:understudy-nano"\npolicy_file = "x.md"',
            "policy_file .*x.md cannot be read: No such file",
        ),
        ('[safety]\nthresholds = { "hat" = 0.5 }', r"\[safety\] thresholds must be .* harassment"),
        ("[safety]\nblocked_share = 2", r"\[safety\] blocked_share must be a number from 0 to 1"),
        (
            '[projects.a.safety]\nscreening = "some"',
            r'\[projects."a".safety\] screening must be "off", "sample" or "all", not "some"',
        ),
        (
            '[projects.a.safety]\nmoderator = "none"',
            r"\[projects.\"a\".safety\] 'moderator' is not a setting",
        ),
        ("wandb = 5", r"\[wandb\], of api_key, mode and base_url"),
        (
            '[wandb]\nkey = "k"',
            r"\[wandb\] 'key' is not a setting; known are api_key, base_url, mode",
        ),
        ("[wandb]\napi_key = 5", r"\[wandb\] api_key must be a text"),
        ('[wandb]\nmode = "sometimes"', '"online" or "offline"'),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_files_name(
    tmp_path: Path, text: str, complaint: str
):
    (tmp_path / "understudy.toml").write_text(text)
    with pytest.raises(SettingsError, match=complaint) as refusal:
        load_settings(tmp_path)
    assert str(tmp_path / "understudy.toml") in refusal.value.message


def test_a_refusal_does_not_show_a_secret(tmp_path: Path):
    (tmp_path / "understudy.toml").write_text('[wandb]\napi_key = ["very-secret"]')
    with pytest.raises(SettingsError) as refusal:
        load_settings(tmp_path)
    assert "very-secret" not in refusal.value.message


def test_nothing_said_is_lora_on_all_linear_layers():
    assert tuning_of_flags({}) == LoraTuning(rank=16, alpha=32.0, targets=())


def test_alpha_follows_the_rank_unless_it_is_said():
    assert tuning_of_flags({"lora_rank": 4}) == LoraTuning(rank=4, alpha=8.0)
    assert tuning_of_flags({"lora_rank": 4, "lora_alpha": 3}) == LoraTuning(rank=4, alpha=3.0)


def test_all_weights_are_trained_where_that_is_said():
    assert tuning_of_flags({"training": "full"}) == FullTuning()


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"training": "qlora"}, 'must be "lora" or "full", not "qlora"'),
        ({"training": ["full"]}, "must be"),
        ({"training": "full", "lora_alpha": 2.0}, "lora_alpha means nothing"),
        ({"lora_rank": 0}, "from 1 to 1024"),
        ({"lora_rank": True}, "whole number"),
        ({"lora_rank": "16"}, "whole number"),
        ({"lora_alpha": -1}, "above 0"),
        ({"lora_alpha": float("nan")}, "above 0"),
        ({"lora_targets": "q_proj"}, "must be a list"),
        ({"lora_targets": [""]}, "must be a list"),
    ],
)
def test_a_tuning_that_does_not_exist_is_refused(said: dict[str, object], complaint: str):
    with pytest.raises(SettingsError, match=complaint):
        tuning_of_flags(said)


def test_a_base_that_splits_turns_is_trained_as_usual(tmp_path: Path):
    tables = "[models.understudy-nano]\nsplit_turns = true\n[models.understudy-mini]\n"
    (tmp_path / "understudy.toml").write_text(tables + "split_turns = false")
    settings = load_settings(tmp_path)
    bases = catalogue_of_settings(settings).bases
    assert settings.tunings == {}
    assert (bases["understudy-nano"].splits_turns, bases["understudy-mini"].splits_turns) == (
        True,
        False,
    )


@pytest.mark.parametrize("written", ['"2024-07-26"', "2024-07-26"])
def test_a_day_is_a_text_or_a_date_of_toml(tmp_path: Path, written: str):
    (tmp_path / "understudy.toml").write_text(
        f"[models.understudy-nano]\ntemplate_date = {written}"
    )
    settings = load_settings(tmp_path)
    assert settings.template_dates == {"understudy-nano": date(2024, 7, 26)}
    assert settings.tunings == {}


def test_a_remote_model_has_defaults_for_all_but_its_address(tmp_path: Path):
    (tmp_path / "understudy.toml").write_text(
        '[remote_models."gpt-4.1"]\nbase_url = "https://api.openai.com/v1/"\n'
    )
    remote = load_settings(tmp_path).remotes["gpt-4.1"]
    assert (remote.base_url, remote.model) == ("https://api.openai.com/v1", "gpt-4.1")
    assert (remote.owned_by, remote.host) == ("api.openai.com", "api.openai.com")
    assert remote.api_key_env is None
    assert remote.created > 0
