#!/bin/sh
# Makes .venv exactly as uv.lock says. Brings uv into .uv/ where none is on the PATH.
# Asks nothing, downloads no Python, and names the next step when no Python fits.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

# A Python fits when it is 3.11, 3.12 or 3.13 and can make environments (Debian splits that off).
fits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

python=
for candidate in python3 python3.13 python3.12 python3.11 python; do
    if fits "$candidate"; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    say "No Python 3.11, 3.12 or 3.13 with the venv module is on the PATH (python3 is: $(python3 --version 2>&1 || true))."
    say "Next: install one (on Debian and Ubuntu: apt-get install python3 python3-venv), then run make again."
    exit 1
fi

if command -v uv >/dev/null 2>&1; then
    uv=$(command -v uv)
else
    uv=.uv/bin/uv
    if ! "$uv" --version >/dev/null 2>&1; then
        say "Bringing uv into .uv/ ..."
        rm -rf .uv
        "$python" -m venv .uv
        .uv/bin/python -m pip install --quiet "uv>=0.9,<1"
    fi
fi

# What pip was told about the way to the index holds for uv too.
if [ -n "${PIP_CERT:-}" ]; then
    export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
fi

say "Making .venv as uv.lock says, with $("$python" --version) ..."
if "$uv" sync --locked --quiet --python "$python"; then
    exit 0
fi

give_up() {
    say "The package index did not give what uv.lock names (see above). Next: check the network, then run make again."
    exit 1
}

# A mirror set by UV_DEFAULT_INDEX or PIP_INDEX_URL is not the index that the lock names, and uv refuses it:
# install the very same versions, proven by the lock's own hashes, from that mirror.
mirror=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-}}
[ -n "$mirror" ] || give_up
say "Taking the locked versions from the mirror ..."
"$uv" venv --quiet --clear --python "$python" .venv
env -u UV_DEFAULT_INDEX -u UV_INDEX "$uv" export --quiet --frozen --no-emit-project --output-file .venv/locked.txt
install="$uv pip install --quiet --python .venv --default-index $mirror"
$install --require-hashes --requirement .venv/locked.txt || give_up
$install --no-deps --editable . || give_up
