#include "runtime/onnxruntime/library.h"

#include "error_of.h"
#include "onnx_writer.h"
#include "runtime/info_of.h"

#include <doctest/doctest.h>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using namespace test;

fs::path library_of_tests() {
    const char* path = std::getenv("VSDEBLUR_ONNXRUNTIME");
    REQUIRE_MESSAGE(path != nullptr, "set VSDEBLUR_ONNXRUNTIME to libonnxruntime.so of an installed wheel");
    return fs::canonical(path);
}

// A folder that is there while this lives.
struct TemporaryFolder {
    TemporaryFolder() { fs::create_directories(path); }
    ~TemporaryFolder() {
        std::error_code code;
        fs::remove_all(path, code);
    }
    TemporaryFile name{""};
    fs::path path = name.path().string() + ".d";
};

}  // namespace

TEST_CASE("runtime: what is found by the environment variable") {
    const fs::path library = library_of_tests();
    const RuntimeInfo info = info_of("ONNX Runtime");
    CHECK(fs::equivalent(info.library, library));
    CHECK(info.origin == "VSDEBLUR_ONNXRUNTIME");
    CHECK(info.version.starts_with("1."));
    CHECK(std::ranges::find(info.providers, "ONNXRuntime") != info.providers.end());
}

TEST_CASE("runtime: the wheel beside the plugin, above it, and under lib64") {
    const TemporaryFolder root;
    const auto install = [&](const fs::path& packages) {
        fs::create_directories(packages / "onnxruntime" / "capi");
        fs::create_symlink(library_of_tests(), packages / "onnxruntime" / "capi" / "libonnxruntime.so.1.31.1");
    };
    RuntimeSearch search;
    search.system = "libno-such-runtime.so.1";
    const auto found = [&] { return RuntimeLibrary(search).origin(); };

    const fs::path packages = root.path / "a" / "lib" / "python3.12" / "site-packages";
    install(packages);
    search.beside = packages / "vapoursynth" / "plugins" / "vsdeblur" / "libvsdeblur.so";
    CHECK(found() == "wheel");
    search.beside = packages / "vsdeblur" / "_engine.abi3.so";
    CHECK(found() == "wheel");

    install(root.path / "b" / "lib" / "python3.12" / "site-packages");
    search.beside = root.path / "b" / "lib64" / "python3.12" / "site-packages" / "vsdeblur" / "_engine.abi3.so";
    CHECK(found() == "wheel");

    // A link to the library, as users of frei0r make one.
    fs::create_directories(packages / "vsdeblur");
    std::ofstream(packages / "vsdeblur" / "vsdeblur.so") << "library";
    search.beside = root.path / "link.so";
    fs::create_symlink(packages / "vsdeblur" / "vsdeblur.so", search.beside);
    CHECK(found() == "wheel");

    search.beside = root.path / "c" / "site-packages" / "vsdeblur" / "_engine.abi3.so";
    CHECK(error_of([&] { found(); }) ==
          "no ONNX Runtime found: VSDEBLUR_ONNXRUNTIME is not set, no folder above " + search.beside.string() +
              " has onnxruntime/capi/libonnxruntime.so, and the system has no libno-such-runtime.so.1; "
              "pip install onnxruntime");
}

TEST_CASE("runtime: a wrong path in the environment is an error, whatever else is there") {
    RuntimeSearch search = RuntimeSearch::of_process(onnxruntime_kind);
    search.beside = library_of_tests();
    const auto error = [&](const fs::path& path) {
        search.environment = path;
        return error_of([&] { RuntimeLibrary library(search); });
    };
    CHECK(error("/no/such.so") ==
          "VSDEBLUR_ONNXRUNTIME names /no/such.so, which is not a file; it must be the path of libonnxruntime.so");
    const TemporaryFile text("not a library", ".so");
    CHECK(error(text.path()).starts_with("ONNX Runtime at " + text.path().string() +
                                         ", which VSDEBLUR_ONNXRUNTIME names, does not load: "));
    Dl_info other{};
    REQUIRE(dladdr(dlsym(RTLD_DEFAULT, "dlopen"), &other) != 0);
    CHECK(error(other.dli_fname) == std::string(other.dli_fname) + " is not ONNX Runtime: it has no OrtGetApiBase");
}

TEST_CASE("runtime: versions that are too old") {
    CHECK(api_version_of("1.19.0", "/x") == 19);
    CHECK(api_version_of("1.22.0-rc1", "/x") == 22);
    CHECK(api_version_of("1.99.2", "/x") == ort::newest_api);
    CHECK(error_of([] { api_version_of("1.18.1", "/x"); }) ==
          "ONNX Runtime 1.18.1 at /x is too old; 1.19 or newer is needed");
    CHECK(error_of([] { api_version_of("0.5", "/x"); }) ==
          "ONNX Runtime 0.5 at /x is too old; 1.19 or newer is needed");
}

TEST_CASE("runtime: plugin providers are found by their folder, and a broken one says so") {
    RuntimeLibrary& library = RuntimeLibrary::of_process();
    const TemporaryFolder root;
    fs::create_directories(root.path / "onnxruntime_ep_brand_x");
    fs::create_directories(root.path / "onnxruntime_ep_brand_x-1.0.dist-info");
    fs::create_symlink(library_of_tests(), root.path / "onnxruntime_ep_brand_x" / "libonnxruntime_providers_brand.so");
    RuntimeSearch search;
    search.environment = library_of_tests();
    search.beside = root.path / "vsdeblur" / "_engine.abi3.so";
    const std::vector<PluginProvider> found = RuntimeLibrary(search).plugin_providers();
    const auto brand = std::ranges::find(found, "brand_x", &PluginProvider::name);
    REQUIRE(brand != found.end());
    CHECK(brand->library.filename() == "libonnxruntime_providers_brand.so");
    if (library.api_version() >= ort::plugin_api) {
        // ONNX Runtime itself is a library, but no provider.
        CHECK(error_of([&] { library.register_plugin(*brand); }).starts_with("provider brand_x ("));
    }
}

TEST_CASE("runtime: the entries of the C API are where they are said to be") {
    RuntimeLibrary& library = RuntimeLibrary::of_process();
    const ort::Api* api = library.api();
    // Whether a failure's message has one of these parts, in lower case.
    const auto says = [&](ort::Status* status, const auto&... parts) {
        std::string text = error_of([&] { library.check(status, "x"); });
        for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return ((text.find(parts) != std::string::npos) || ...);
    };
    const std::vector<std::string> providers = library.built_in_providers();
    CHECK(std::ranges::find(providers, "CPUExecutionProvider") != providers.end());

    ort::SessionOptions* raw = nullptr;
    REQUIRE(ort::CreateSessionOptions::call(api, &raw) == nullptr);
    const ort::SessionOptionsHandle options(raw, {api});
    CHECK(says(ort::AddSessionConfigEntry::call(api, raw, "", "1"), "key"));
    CHECK(says(ort::SessionOptionsAppendExecutionProvider::call(api, raw, "NoSuch", nullptr, nullptr, 0), "unknown"));
    if (std::ranges::find(providers, "CUDAExecutionProvider") == providers.end()) {
        // A build without a provider has its entries, and they say so. Some look into the options before they do.
        alignas(64) std::array<std::byte, 8192> blank{};
        ort::CudaOptions* cuda = nullptr;
        CHECK(says(ort::CreateCUDAProviderOptions::call(api, &cuda), "cuda"));
        CHECK(says(ort::UpdateCUDAProviderOptions::call(api, cuda, nullptr, nullptr, 0), "cuda"));
        // ONNX Runtime 1.32 refuses blank options by the name of one of CUDA's.
        CHECK(says(ort::SessionOptionsAppendExecutionProvider_CUDA_V2::call(
                       api, raw, reinterpret_cast<const ort::CudaOptions*>(blank.data())),
                   "cuda", "external_data_loader"));
        ort::ReleaseCUDAProviderOptions::call(api, cuda);
        ort::TensorRTOptions* tensorrt = nullptr;
        CHECK(says(ort::CreateTensorRTProviderOptions::call(api, &tensorrt), "tensorrt"));
        CHECK(says(ort::UpdateTensorRTProviderOptions::call(api, tensorrt, nullptr, nullptr, 0), "tensorrt"));
        CHECK(says(ort::SessionOptionsAppendExecutionProvider_TensorRT_V2::call(
                       api, raw, reinterpret_cast<const ort::TensorRTOptions*>(blank.data())), "tensorrt"));
        ort::ReleaseTensorRTProviderOptions::call(api, tensorrt);
    }
    if (library.api_version() < ort::plugin_api) return;
    CHECK(says(ort::RegisterExecutionProviderLibrary::call(api, library.env(), "x", "/no/such.so"), "/no/such.so"));
    const ort::EpDevice* const* devices = nullptr;
    std::size_t count = 0;
    REQUIRE(ort::GetEpDevices::call(api, library.env(), &devices, &count) == nullptr);
    REQUIRE(count > 0);
    CHECK(std::string(ort::EpDevice_EpName::call(api, devices[0])) == "CPUExecutionProvider");
    const ort::HardwareDevice* hardware = ort::EpDevice_Device::call(api, devices[0]);
    CHECK(ort::HardwareDevice_Type::call(api, hardware) == ort::DeviceType::cpu);
    CHECK(ort::HardwareDevice_Vendor::call(api, hardware) != nullptr);
    // No device is refused; one is taken.
    CHECK(says(ort::SessionOptionsAppendExecutionProvider_V2::call(api, raw, library.env(), devices, 0, nullptr,
                                                                   nullptr, 0), "x: "));
    CHECK(says(ort::SessionOptionsAppendExecutionProvider_V2::call(api, raw, library.env(), devices, 1, nullptr,
                                                                   nullptr, 0), "no error"));
}

}  // namespace vsdeblur
