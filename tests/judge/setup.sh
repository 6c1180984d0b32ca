#!/usr/bin/env bash
# Makes the venv of the independent client (see judge.py) and prints the path of its Python.
# Usage: tests/judge/setup.sh [FOLDER]      default: $ONIONSKIN_JUDGE_VENV, else ~/.cache/onionskin/judge
# Does nothing when the folder already holds exactly the pinned packages. Needs python3 (3.10 or newer) with its venv
# module (Debian: python3-venv) and a Python package registry.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=~ # that of the user's record where $HOME is not set
venv=${1:-${ONIONSKIN_JUDGE_VENV:-$home/.cache/onionskin/judge}}
say() { echo "judge: $*" >&2; }

command -v python3 >/dev/null || { say "python3 is not installed (Debian: apt-get install python3 python3-venv)"; exit 1; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { say "python3 is older than 3.10"; exit 1; }

mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9 # two test targets may ask at once

wanted=$(cat "$here/build-requirements.txt" "$here/requirements.txt" | sha256sum | cut -d' ' -f1)
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/pinned" 2>/dev/null)" = "$wanted" ] &&
    "$venv/bin/python" -c 'import sessionpy' 2>/dev/null; then
    echo "$venv/bin/python"
    exit 0
fi

say "making $venv"
rm -rf "$venv"
python3 -m venv "$venv" || { say "python3 has no venv module (Debian: apt-get install python3-venv)"; rm -rf "$venv"; exit 1; }
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet install --require-hashes --no-input)
# pip itself asks again when a connection fails, but not when a registry answers nonsense for a moment.
install() {
    local pause
    for pause in 2 5 10; do
        "${pip[@]}" "$@" >&2 && return
        say "again in $pause seconds: $*"
        sleep "$pause"
    done
    "${pip[@]}" "$@" >&2
}
install -r "$here/build-requirements.txt"
install --no-build-isolation -r "$here/requirements.txt"
"$venv/bin/python" -c 'import sessionpy'
echo "$wanted" >"$venv/pinned"
echo "$venv/bin/python"
