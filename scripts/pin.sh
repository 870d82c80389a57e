#!/usr/bin/env bash
# Writes scripts/pinned/: the versions, with checksums, of all that the environments of tests/run and demo/run have, as
# pyproject.toml allows them today. Run it, and the tests, to move to newer ones.
# PyTorch is in neither file: scripts/environments.sh pins it, and its builds differ from one registry to the next.
# shellcheck source=scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"
cd "$root"

# pin FILE PYTHON ARGUMENTS...: the requirements on its input.
pin() {
    "$build/pin/bin/uv" pip compile - --quiet --universal --generate-hashes --upgrade --no-header --no-annotate \
        --python-version "$2" "${@:3}" --output-file "$pinned/$1"
}

[ -x "$build/pin/bin/python" ] || "$(runtime_python)" -m venv "$build/pin"
"$build/pin/bin/python" -m pip install -qq --upgrade uv
echo pip | pin pip.txt 3.11
requirements "$build/pin/bin/python" project build video report cluster test evaluation lint native wheel peers docs demo bench cross |
    pin runtime.txt 3.12
{
    echo "$torch"
    requirements "$build/pin/bin/python" training test lint
} | pin training.txt 3.11 --no-emit-package torch
