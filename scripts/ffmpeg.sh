# Sourced after scripts/environments.sh: an FFmpeg 9 with the ONNX backend, with the parts that the tests need, in
# .build/ffmpeg/bin. It is built from Debian's source tarball and the headers of libonnxruntime-dev, and it runs on the
# ONNX Runtime of the runtime environment's wheel. Nothing is installed, and the machine's APT sources stay as they are.
ffmpeg=$build/ffmpeg
ffmpeg_suites=(forky sid)  # of Debian, in order of preference
ffmpeg_parts=(
    --disable-everything --disable-autodetect --disable-doc --disable-debug --disable-ffplay --disable-x86asm
    --disable-network --disable-stripping --enable-libonnxruntime --enable-protocol=file,pipe,fd --enable-indev=lavfi
    --enable-demuxer=mov,matroska,nut,rawvideo,wav,yuv4mpegpipe,concat
    --enable-muxer=mov,mp4,matroska,nut,rawvideo,wav,yuv4mpegpipe,framemd5,null
    --enable-decoder=rawvideo,ffv1,mpeg4,h264,aac,pcm_s16le,wrapped_avframe
    --enable-encoder=rawvideo,ffv1,mpeg4,aac,pcm_s16le,wrapped_avframe
    --enable-parser=h264,mpeg4video,aac --enable-bsf=aac_adtstoasc,extract_extradata,h264_mp4toannexb,null
    --enable-filter=dnn_processing,tile,tpad,pad,crop,setpts,settb,trim,select,scale,format,split,blend,null,copy,fps
    --enable-filter=extractplanes,mergeplanes,hstack,vstack,setparams,testsrc2,color,sine,anull,aformat,aresample
    --enable-filter=overlay,psnr,showinfo,concat,buffer,buffersink,abuffer,abuffersink
)

# Runs an APT command on sources of its own.
ffmpeg_apt() {
    APT_CONFIG=$ffmpeg/apt/apt.conf "$@"
}

# Fetches the newest FFmpeg 9 source tarball and the ONNX Runtime headers of a suite into $ffmpeg/source.
# ffmpeg_fetch MIRROR SUITE
ffmpeg_fetch() {
    local apt=$ffmpeg/apt version
    rm -rf "$apt" "$ffmpeg/source"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$ffmpeg/source"
    : >"$apt/status"
    printf '%s %s %s main\n' deb "$1" "$2" deb-src "$1" "$2" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONFIGURATION
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
CONFIGURATION
    ffmpeg_apt apt-get -qq update || return
    version=$(ffmpeg_apt apt-cache showsrc ffmpeg | sed -n 's/^Version: //p' | grep -E '^([0-9]+:)?9\.' | sort -V | tail -n 1)
    if [ -z "$version" ]; then
        printf 'the suite has no FFmpeg 9\n'
        return 1
    fi
    # Only the tarball: the .dsc of a moving suite may be gone while the tarball is still there.
    (cd "$ffmpeg/source" && ffmpeg_apt apt-get -qq source --download-only --tar-only "ffmpeg=$version" &&
        ffmpeg_apt apt-get -qq download libonnxruntime-dev) || return
    printf '%s\n' "$version" >"$ffmpeg/source/version"
    rm -rf "$apt"
}

# Tries all suites on all mirrors that the machine's own APT sources name.
ffmpeg_sources() {
    local mirrors mirror suite log
    compgen -G "$ffmpeg/source/ffmpeg_*.orig.tar.*" >/dev/null && [ -e "$ffmpeg/source/version" ] && return
    command -v apt-get >/dev/null || die "the FFmpeg for the tests is built from Debian's sources, and there is no apt-get here: \
put ffmpeg_9*.orig.tar.xz, libonnxruntime-dev_*.deb and a file 'version' into ${ffmpeg#"$root"/}/source."
    # shellcheck disable=SC2016  # APT's own placeholder
    mapfile -t mirrors < <(apt-get indextargets --format '$(REPO_URI)' | grep -v security | awk '!seen[$0]++')
    for suite in "${ffmpeg_suites[@]}"; do
        for mirror in "${mirrors[@]}"; do
            if log=$(ffmpeg_fetch "$mirror" "$suite" 2>&1); then
                printf 'FFmpeg %s from Debian %s\n' "$(cat "$ffmpeg/source/version")" "$suite"
                return
            fi
            printf 'No FFmpeg 9 from %s %s: %s\n' "$mirror" "$suite" "$(printf '%s' "$log" | grep -v '^W:' | head -n 3)"
        done
    done
    die "none of the APT sources of this machine has the sources of FFmpeg 9 (suites ${ffmpeg_suites[*]})."
}

# Configures and builds against the ONNX Runtime in $ffmpeg/lib.
ffmpeg_make() {
    local work=$ffmpeg/work
    rm -rf "$work"
    mkdir -p "$work/source" "$work/headers"
    tar -C "$work/source" --strip-components=1 -xf "$(compgen -G "$ffmpeg/source/ffmpeg_*.orig.tar.*")"
    dpkg-deb -x "$(compgen -G "$ffmpeg/source/libonnxruntime-dev_*.deb")" "$work/headers"
    cd "$work/source"
    ./configure --prefix="$ffmpeg" "${ffmpeg_parts[@]}" --extra-cflags="-I$work/headers/usr/include/onnxruntime" \
        --extra-ldflags="-L$ffmpeg/lib -Wl,-rpath,$ffmpeg/lib" >"$ffmpeg/configure.log" 2>&1 ||
        die "FFmpeg's configure failed: $(tail -n 3 "$ffmpeg/configure.log")"
    make -j"${VSDEBLUR_JOBS:-$(nproc)}" ffmpeg ffprobe >"$ffmpeg/make.log" 2>&1 ||
        die "FFmpeg does not build: $(grep -m 3 -i error "$ffmpeg/make.log")"
    mkdir -p "$ffmpeg/bin"
    cp --remove-destination ffmpeg ffprobe "$ffmpeg/bin/"
    rm -rf "$work"
}

# Builds $ffmpeg/bin/ffmpeg and ffprobe unless they are there with the same parts.
build_ffmpeg() {
    local library name
    library=$(find "$runtime"/lib -path '*/onnxruntime/capi/libonnxruntime.so.*' | head -n 1)
    [ -n "$library" ] || die "the runtime environment has no ONNX Runtime: build vsdeblur's wheel into it first."
    mkdir -p "$ffmpeg/lib"
    for name in libonnxruntime.so libonnxruntime.so.1; do
        ln -sfn "$library" "$ffmpeg/lib/$name"
    done
    if [ "${ffmpeg_parts[*]}" != "$(cat "$ffmpeg/stamp" 2>/dev/null)" ]; then
        ffmpeg_sources
        ffmpeg_make
        printf '%s' "${ffmpeg_parts[*]}" >"$ffmpeg/stamp"
    fi
    "$ffmpeg/bin/ffmpeg" -hide_banner -version | head -n 1
}
