# What the tests of the wheel for ARM need beside it; tests/run sources this file for its functions. It lies in
# .build/cross/linux-aarch64/:
#   apt     what apt keeps
#   debian  Debian's CPython 3.13 for ARM, which qemu runs
#   site    the wheel with all that it needs, installed for that Python
# shellcheck source=scripts/cross.sh
source "$(dirname "${BASH_SOURCE[0]}")/cross.sh"

arm=$cross/linux-aarch64
arm_release=trixie  # Debian's first with a CPython that VapourSynth runs on

arm_programs() {
    debian /usr/bin/qemu-aarch64-static qemu-user-static
}

# Where this machine's apt has Debian from.
debian_sources() {
    apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Origin: Debian" "Label: Debian" 2>/dev/null | sort -u
}

# Unpacks Debian's packages for ARM, apart from what this machine has installed.
arm_python() {
    local apt=$arm/apt sources file
    [ -e "$arm/debian/done" ] && return
    sources=$(debian_sources)
    [ -n "$sources" ] || die "Python for ARM is Debian's, and apt has no source of Debian's packages here."
    rm -rf "$apt" "$arm/debian"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$arm/debian"
    while read -r source; do
        printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$source" "$arm_release"
    done <<<"$sources" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONFIGURATION
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$apt/cache";
CONFIGURATION
    APT_CONFIG=$apt/apt.conf apt-get -qq update
    APT_CONFIG=$apt/apt.conf apt-get -qq install --download-only --yes --no-install-recommends \
        python3.13-minimal libpython3.13-stdlib libstdc++6 >/dev/null
    for file in "$apt"/cache/archives/*.deb; do
        dpkg-deb --extract "$file" "$arm/debian"
    done
    ln -s usr/lib "$arm/debian/lib"
    rm -r "$apt"
    touch "$arm/debian/done"
}

# Has pip install the wheel and what it needs, as it would there, unless that wheel is there. Of ONNX Runtime an old version:
# qemu 7 crashes in 1.32.
arm_install() {
    local platforms=() minor
    [ "$(cat "$arm/wheel/inputs")" = "$(cat "$arm/site/inputs" 2>/dev/null)" ] && return
    rm -rf "$arm/site"
    for minor in {17..41}; do
        platforms+=(--platform "manylinux_2_${minor}_aarch64")
    done
    "$runtime/bin/python" -m pip install -qq --no-compile --target "$arm/site" --python-version 3.13 --only-binary :all: \
        "${platforms[@]}" "$arm"/wheel/vsdeblur-*.whl "onnxruntime==1.20.*"
    rm -rf "$arm"/site/openvino*  # pip heeds this machine in what is needed; there it would not bring it
    cp "$arm/wheel/inputs" "$arm/site/inputs"
}
