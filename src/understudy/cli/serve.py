"""`understudy serve`: starts the API, the trainer, the runner and the engine."""

import os
import signal
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import understudy
from understudy.cli.console import out, problems
from understudy.cli.first_start import BOOTSTRAP_VARIABLE, prepare_database
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.keeping.restore import refuse_interrupted
from understudy.cli.readiness import announce_when_ready
from understudy.config.settings import Settings, SettingsError
from understudy.config.settings_file import write_aliases
from understudy.config.source import load_settings
from understudy.lifeline import Lifeline, call_when_orphaned, stop_on_signals
from understudy.registry.catalogue import DEFAULT_BASE
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.wording import worded
from understudy.worker.supervisor.child import ChildEnd
from understudy.worker.supervisor.cores import usable_cores
from understudy.worker.supervisor.home_lock import lock_home
from understudy.worker.supervisor.listening import listen
from understudy.worker.supervisor.processes import InheritedFds, child_specs
from understudy.worker.supervisor.supervisor import Supervisor

DEFAULT_PORT = 8321


def serve(
    home: Home = DEFAULT_HOME,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 chooses a free one.")
    ] = DEFAULT_PORT,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=BASE",
            help="Serve BASE as NAME; saved in understudy.toml. Repeatable.",
        ),
    ] = None,
    parent_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the server: API, dashboard, training and inference. Stop it with Ctrl-C."""
    refuse_interrupted(load_settings(home).home)
    load_settings(home).make_directories()
    lock = lock_home(load_settings(home).run_directory)
    settings = _with_aliases(load_settings(home), _parse_aliases(alias or []))
    with closing(listen(host, port)) as listener:
        address = _reachable(host), listener.getsockname()[1]
        url = _url(*address)
        lock.note_address(url)
        new_key = prepare_database(settings, os.environ.get(BOOTSTRAP_VARIABLE))
        _print_start(settings, url, new_key)
        lifeline = Lifeline()
        fds = InheritedFds(
            listener=listener.fileno(),
            lifeline=lifeline.child_fd,
            children_lock=lock.children_fd,
        )
        specs = child_specs(settings, fds, cores=usable_cores(), warm=_bases_to_warm(settings))
        stop = stop_on_signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        if parent_fd is not None:
            call_when_orphaned(parent_fd, stop.set)
        announce_when_ready(*address, url, settings.logs_directory, stop)
        Supervisor(specs, lambda end: _report_end(end, settings.logs_directory)).run(stop)
        lifeline.close()
    lock.release()
    out.print(
        worded(
            "cli.serve.stopped",
            "Stopped.",
        )
    )


def _parse_aliases(pairs: list[str]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for pair in pairs:
        name, separator, base = pair.partition("=")
        if not (name and separator and base):
            raise SettingsError(
                worded(
                    "cli.serve.alias_must_name_base",
                    "--alias must be NAME=BASE, not '{pair}'.",
                    pair=pair,
                )
            )
        aliases[name] = base
    return aliases


def _with_aliases(settings: Settings, aliases: Mapping[str, str]) -> Settings:
    """Write new aliases into `understudy.toml`, where every process of the server reads them."""
    current = catalogue_of_settings(settings)
    if all(settings.aliases.get(name) == base for name, base in aliases.items()):
        return settings
    # Checked before it is written: a wrong alias must not spoil the next start.
    replace(current, aliases={**current.aliases, **aliases})
    write_aliases(settings.settings_file, aliases)
    return load_settings(settings.home)


def _bases_to_warm(settings: Settings) -> list[Path]:
    """Return the bases that are likely to be used first: the demo's and those of aliases."""
    catalogue = catalogue_of_settings(settings)
    names = dict.fromkeys([DEFAULT_BASE, *catalogue.aliases.values()])
    return [catalogue.bases[name].directory for name in names if name in catalogue.bases]


def _reachable(host: str) -> str:
    """Return the address by which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"


def _print_start(settings: Settings, url: str, new_key: str | None) -> None:
    out.print(
        worded(
            "cli.serve.understudy",
            "[bold]understudy[/] {version} [dim]in[/] ",
            version=understudy.__version__,
        ),
        end="",
    )
    out.print(str(settings.home), markup=False, soft_wrap=True)
    out.print()
    if new_key is not None:
        out.print(
            worded(
                "cli.serve.your_api_key_shown",
                "Your API key, shown only once. Paste these lines into the shell "
                "that runs your code:",
            )
        )
        out.print()
        out.print(f"  export OPENAI_BASE_URL={url}", soft_wrap=True)
        out.print(f"  export OPENAI_API_KEY={new_key}", soft_wrap=True)
    else:
        out.print(f"  export OPENAI_BASE_URL={url}", soft_wrap=True)
        out.print(
            worded(
                "cli.serve.use_your_existing_api",
                "  [dim]Use your existing API key, or create one with 'understudy keys create'.[/]",
            )
        )
    out.print()


def _report_end(end: ChildEnd, logs_directory: Path) -> None:
    problems.print(
        worded(
            "cli.serve.process_ended_restarting_restart",
            "[yellow]The {name} process ended ({reason}) and is restarting (restart "
            "{restarts}).[/] Log: {logs_directory}",
            name=end.name,
            reason=end.reason,
            restarts=end.restarts,
            logs_directory=logs_directory / f"{end.name}.log",
        ),
        soft_wrap=True,
    )
