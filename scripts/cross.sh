#!/usr/bin/env bash
# Builds wheels for other machines, on Linux, with the compiler of PyPI's ziglang: bash scripts/cross.sh [SYSTEM...]
# SYSTEMs: linux-aarch64 and linux-x86_64, both for glibc 2.28, and macos-arm64; without any, all.
# tests/run sources this file for its functions. All lies under .build/cross/:
#   SYSTEM/build  what CMake keeps, so that only what has changed is compiled again
#   SYSTEM/wheel  the wheel
#   zig           what the compiler keeps
# shellcheck source=scripts/environments.sh
source "$(dirname "${BASH_SOURCE[0]}")/environments.sh"

cross=$build/cross
# What each is compiled for, and the tag of its wheel.
declare -A cross_targets=(
    [linux-aarch64]="aarch64-linux-gnu.2.28 manylinux_2_28_aarch64"
    [linux-x86_64]="x86_64-linux-gnu.2.28 manylinux_2_28_x86_64"
    [macos-arm64]="aarch64-macos.13.0 macosx_13_0_arm64"
)

# Prints what Python code prints that uses find_spec and get_path.
ask_runtime() {
    "$runtime/bin/python" -c \
        "from importlib.util import find_spec; from sysconfig import get_path; print($1)"
}

# cross_wheel SYSTEM: builds the wheel where a source has changed. The headers of Python's limited API are the same on all of
# these systems.
cross_wheel() {
    local folder=$cross/$1 target tag inputs
    read -r target tag <<<"${cross_targets[$1]}"
    inputs=$(wheel_inputs)$(sha256sum "$root"/scripts/cross/*)
    [ "$inputs" = "$(cat "$folder/wheel/inputs" 2>/dev/null)" ] && return
    rm -rf "$folder/plain" "$folder/wheel"
    VSDEBLUR_ZIG=$(ask_runtime "find_spec('ziglang').submodule_search_locations[0] + '/zig'") VSDEBLUR_ZIG_TARGET=$target \
        ZIG_GLOBAL_CACHE_DIR=$cross/zig \
        "$runtime/bin/python" -m pip wheel -qq --no-deps --build-constraint "$pinned/runtime.txt" --wheel-dir "$folder/plain" "$root" \
        -C build-dir="$folder/build" -C install.strip=false \
        -C cmake.define.CMAKE_TOOLCHAIN_FILE="$root/scripts/cross/toolchain.cmake" \
        -C cmake.define.VSDEBLUR_PYTHON_INCLUDE="$(ask_runtime "get_path('include')")" \
        -C cmake.define.VAPOURSYNTH_INCLUDE_DIR="$(ask_runtime "find_spec('vapoursynth').submodule_search_locations[0] + '/include'")"
    # pip names it after this machine. What it was compiled for has no later symbols.
    "$runtime/bin/python" -m wheel tags --remove --platform-tag "$tag" "$folder"/plain/vsdeblur-*.whl >/dev/null
    mv "$folder/plain" "$folder/wheel"
    printf '%s' "$inputs" >"$folder/wheel/inputs"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    systems=("$@")
    [ ${#systems[@]} -gt 0 ] || systems=("${!cross_targets[@]}")
    for system in "${systems[@]}"; do
        [ -n "${cross_targets[$system]:-}" ] || die "there is no system $system: give any of ${!cross_targets[*]}, or none for all."
    done
    required_step "Runtime environment" runtime_environment video wheel cross
    for system in "${systems[@]}"; do
        required_step "Wheel for $system" cross_wheel "$system"
        printf 'The wheel is %s\n' "$cross/$system"/wheel/vsdeblur-*.whl
    done
fi
