# shellcheck shell=bash disable=SC2154  # environments.sh sets build, root and runtime
# Sourced by tests/run after scripts/environments.sh: builds the fuzzers of the parsers with clang, and lets them run.
# Everything lies under .build/fuzz; corpus/ there grows from run to run. What is to stay is packed into the repository:
#   .build/runtime/bin/python -m tests.native.fuzz.corpus pack .build/fuzz/least
fuzz=$build/fuzz

fuzz_programs() {
    local version
    debian /usr/bin/clang++ clang
    version=$(clang++ -dumpversion)
    debian "$(clang++ -print-resource-dir)/lib/linux/libclang_rt.fuzzer-$(uname -m).a" "libclang-rt-${version%%.*}-dev"
    export PATH="$runtime/bin:$PATH"
    cmake -S "$root" -B "$fuzz" -G Ninja --log-level=WARNING -DVSDEBLUR_FUZZ=ON \
        -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
    cmake --build "$fuzz"
}

# fuzz_target NAME: for VSDEBLUR_FUZZ_SECONDS, 600 if not set. Fails at the first input that breaks a promise.
fuzz_target() {
    local program=$fuzz/tests/native/fuzz/fuzz_$1 corpus=$fuzz/corpus/$1 least=$fuzz/least/$1
    printf '%s\n' "$1"
    mkdir -p "$fuzz/broken" "$least"
    if ! "$program" -max_total_time="${VSDEBLUR_FUZZ_SECONDS:-600}" -max_len=8192 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$fuzz/broken/$1-" -print_final_stats=1 "$corpus" >"$fuzz/$1.log" 2>&1; then
        tail -n 40 "$fuzz/$1.log"
        return 1
    fi
    grep -E ' cov: ' "$fuzz/$1.log" | tail -n 1
    grep number_of_executed_units "$fuzz/$1.log"
    rm -f "$least"/*
    "$program" -merge=1 "$least" "$corpus" >"$fuzz/$1-merge.log" 2>&1
}

fuzz_all() {
    local target status=0
    (cd "$root" && "$runtime/bin/python" -m tests.native.fuzz.corpus unpack "$fuzz/corpus")
    for target in contract metadata json wrapped; do fuzz_target "$target" || status=1; done
    return "$status"
}
