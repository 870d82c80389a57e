#include "system/library_names.h"

#include <doctest/doctest.h>

namespace vsdeblur::system {

using Version = std::vector<std::uint32_t>;

TEST_CASE("library names: what the loaders are asked for") {
    CHECK(library_name("onnxruntime", "1", linux_names) == "libonnxruntime.so.1");
    CHECK(library_name("onnxruntime", "1", macos_names) == "libonnxruntime.1.dylib");
    CHECK(library_name("onnxruntime", "1", windows_names) == "onnxruntime.dll");
    CHECK(library_name("openvino_c", "", linux_names) == "libopenvino_c.so");
    CHECK(library_name("openvino_c", "", macos_names) == "libopenvino_c.dylib");
    CHECK(library_name("openvino_c", "", windows_names) == "openvino_c.dll");
}

TEST_CASE("library names: versions of files as the wheels have them") {
    CHECK(library_version("libonnxruntime.so.1.32.0", "onnxruntime", linux_names) == Version{1, 32, 0});
    CHECK(library_version("libonnxruntime.1.32.0.dylib", "onnxruntime", macos_names) == Version{1, 32, 0});
    CHECK(library_version("onnxruntime.dll", "onnxruntime", windows_names) == Version{});
    CHECK(library_version("libopenvino_c.so.2641", "openvino_c", linux_names) == Version{2641});
    CHECK(library_version("libcudart.so.12", "cudart", linux_names) == Version{12});
    CHECK(library_version("cufft64_11.dll", "cufft", windows_names) == Version{11});
    CHECK(library_version("nvrtc64_120_0.dll", "nvrtc", windows_names) == Version{120, 0});
}

TEST_CASE("library names: a file of every name that the loader is asked for is that library") {
    for (const LibraryNames& names : {linux_names, macos_names, windows_names}) {
        for (const char* interface : {"", "1"}) {
            CHECK(library_version(library_name("onnxruntime", interface, names), "onnxruntime", names).has_value());
            CHECK(!library_version(library_name("onnxruntime_providers_shared", interface, names), "onnxruntime", names));
        }
    }
}

TEST_CASE("library names: other files are none") {
    for (const char* file : {"libonnxruntime.so.", "libonnxruntime.so.1.x", "libonnxruntime.so.1-2", "libonnxruntime.so1",
                             "onnxruntime.so", "libonnxruntime.dylib", "libcublasLt.so.12", ""}) {
        CAPTURE(file);
        CHECK(!library_version(file, "onnxruntime", linux_names));
        CHECK(!library_version(file, "cublas", linux_names));
    }
    CHECK(!library_version("cublasLt64_12.dll", "cublas", windows_names));
    CHECK(!library_version("onnxruntime.dll.bak", "onnxruntime", windows_names));
    CHECK(!library_version("onnxruntime64_.dll", "onnxruntime", windows_names));
    CHECK(!library_version("libonnxruntime.1..dylib", "onnxruntime", macos_names));
}

}  // namespace vsdeblur::system
