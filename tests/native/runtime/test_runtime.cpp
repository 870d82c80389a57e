#include "runtime/runtime.h"

#include "error_of.h"
#include "model/contract.h"
#include "onnx_writer.h"
#include "runtime/onnxruntime/library.h"

#include <doctest/doctest.h>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Whoever runs these tests sets VSDEBLUR_ONNXRUNTIME and VSDEBLUR_OPENVINO to the libraries of installed wheels.

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using namespace test;

// Whether a text has the parts in this order, from its start to its end.
bool reads(const std::string& text, const std::vector<std::string>& parts) {
    if (!text.starts_with(parts.front()) || !text.ends_with(parts.back())) return false;
    std::size_t place = 0;
    for (const std::string& part : parts) {
        place = text.find(part, place);
        if (place == std::string::npos) return false;
        place += part.size();
    }
    return true;
}

fs::path library_of_tests() {
    const char* path = std::getenv("VSDEBLUR_ONNXRUNTIME");
    REQUIRE_MESSAGE(path != nullptr, "set VSDEBLUR_ONNXRUNTIME to libonnxruntime.so of an installed wheel");
    return fs::canonical(path);
}

// The CPU of every runtime.
const std::vector<std::string> all_runtimes = {"ONNXRuntime", "OpenVINO"};

SessionOptions in(const std::string& provider) {
    SessionOptions options;
    options.provider = provider;
    return options;
}

// A network in a file that is gone when this is.
struct Network {
    explicit Network(const Recurrent& network, const SessionOptions& options = in("ONNXRuntime"))
        : file(network.bytes()), contract(read_contract(file.path())), session(file.path(), contract, options) {}
    TemporaryFile file;
    Contract contract;
    Session session;
};

std::string error_of_network(const Recurrent& network, const SessionOptions& options = in("ONNXRuntime")) {
    const TemporaryFile file(network.bytes());
    std::string error = error_of([&] { Session(file.path(), read_contract(file.path()), options); });
    const std::size_t place = error.find(file.path().string());
    return place == std::string::npos ? error : error.replace(place, file.path().string().size(), "FILE");
}

RuntimeInfo info_of(const std::string& name) {
    const std::vector<RuntimeInfo> all = runtimes();
    const auto found = std::ranges::find(all, name, &RuntimeInfo::name);
    REQUIRE(found != all.end());
    return *found;
}

Tensor filled(int channels, int height, int width, const std::function<float(int)>& value) {
    Tensor tensor = Tensor::allocate(channels, height, width);
    for (int i = 0; i < channels * height * width; ++i) tensor.data()[i] = value(i);
    return tensor;
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

TEST_CASE("tensor: shape, zeros and shared memory") {
    const Tensor zeros = Tensor::zeros(3, 5, 7);
    CHECK(zeros.channels() == 3);
    CHECK(zeros.height() == 5);
    CHECK(zeros.width() == 7);
    CHECK(zeros.bytes() == 3 * 5 * 7 * sizeof(float));
    CHECK(std::all_of(zeros.data(), zeros.data() + 3 * 5 * 7, [](float value) { return value == 0; }));
    CHECK(reinterpret_cast<std::uintptr_t>(zeros.data()) % 64 == 0);

    Tensor first = Tensor::allocate(1, 1, 2);
    const Tensor second = first;
    first.data()[1] = 4;
    CHECK(second.data() == first.data());
    first = Tensor();
    CHECK(second.data()[1] == 4);
    CHECK_FALSE(first);
    CHECK(first.bytes() == 0);
}

TEST_CASE("tensor: sizes that cannot be") {
    CHECK(error_of([] { Tensor::allocate(0, 4, 4); }) == "a tensor must have sizes of at least 1, not 1x0x4x4");
    CHECK(error_of([] { Tensor::zeros(1, -1, 4); }) == "a tensor must have sizes of at least 1, not 1x1x-1x4");
    constexpr int large = 2'000'000'000;
    const std::string error = error_of([] { Tensor::allocate(large, large, large); });
    CHECK(error == "no memory for a tensor of 1x2000000000x2000000000x2000000000");
}

TEST_CASE("session: values, and states that go from one run to the next") {
    for (const std::string& provider : all_runtimes) {
        CAPTURE(provider);
        Network network(recurrent(), in(provider));
        const Tensor frames = filled(1, 6, 4, [](int i) { return static_cast<float>(i) / 32; });
        std::vector<Tensor> states = {Tensor::zeros(1, 6, 4), filled(2, 3, 2, [](int i) { return static_cast<float>(i); })};
        for (int n = 1; n <= 5; ++n) {
            const std::vector<Tensor> results = network.session.run(frames, states);
            REQUIRE(results.size() == 3);
            CHECK(results[0].height() == 6);
            CHECK(results[2].channels() == 2);
            CHECK(results[2].width() == 2);
            for (int i = 0; i < 24; ++i) {
                const float frame = frames.data()[i];
                // All are multiples of 1/32 far below 2^19: exact in float32.
                REQUIRE(results[1].data()[i] == frame * static_cast<float>(n));
                REQUIRE(results[0].data()[i] == frame * static_cast<float>(2 * n - 1));
            }
            for (int i = 0; i < 12; ++i) REQUIRE(results[2].data()[i] == std::ldexp(static_cast<float>(i), n));
            states = {results[1], results[2]};
        }
    }
}

TEST_CASE("session: results are not overwritten, and outlive the session") {
    for (const std::string& provider : all_runtimes) {
        CAPTURE(provider);
        std::vector<Tensor> first;
        {
            Network network(recurrent(), in(provider));
            const std::vector<Tensor> states = {Tensor::zeros(1, 2, 2), Tensor::zeros(2, 1, 1)};
            first = network.session.run(filled(1, 2, 2, [](int) { return 1.0F; }), states);
            for (const int size : {2, 4, 8, 2}) {
                const std::vector<Tensor> others = {Tensor::zeros(1, size, size), Tensor::zeros(2, size / 2, size / 2)};
                network.session.run(filled(1, size, size, [](int) { return 9.0F; }), others);
            }
        }
        CHECK(first[0].data()[0] == 1);
        CHECK(first[1].data()[3] == 1);
    }
}

TEST_CASE("session: shapes that do not fit the contract") {
    Network network(recurrent());
    const Tensor frames = Tensor::zeros(1, 4, 6);
    const Tensor sum = Tensor::zeros(1, 4, 6);
    const Tensor half = Tensor::zeros(2, 2, 3);
    const auto error = [&](const Tensor& input, std::vector<Tensor> states) {
        const std::string text = error_of([&] { network.session.run(input, states); });
        REQUIRE(text.starts_with(network.file.path().string()));
        return text.substr(network.file.path().string().size());
    };
    const std::string wanted = " takes frames of 1x1xHxW where H and W divide by 2, not ";
    CHECK(error(Tensor::zeros(3, 4, 6), {sum, half}) == wanted + "1x3x4x6");
    CHECK(error(Tensor::zeros(1, 5, 6), {sum, half}) == wanted + "1x1x5x6");
    CHECK(error(Tensor(), {sum, half}) == wanted + "1x0x0x0");
    CHECK(error(frames, {sum}) == " takes 2 states, not 1");
    CHECK(error(frames, {half, sum}) == " takes sum_in of 1x1x4x6, not 1x2x2x3");
    CHECK(error(frames, {sum, sum}) == " takes half_in of 1x2x2x3, not 1x1x4x6");
}

TEST_CASE("session: a graph that contradicts its contract") {
    const auto error = [](const std::function<void(Recurrent&)>& change) {
        Recurrent network = recurrent();
        change(network);
        return error_of_network(network);
    };
    const std::string start = "FILE contradicts its contract: ";
    CHECK(error([](Recurrent&) {}) == "no error");
    CHECK(error([](Recurrent& n) { n.inputs[0].shape[1] = 3; n.inputs[1].shape[1] = dynamic; }) ==
          start + "input frames must have 1 channels, not 3");
    CHECK(error([](Recurrent& n) { n.outputs[2].shape[1] = dynamic; n.inputs[2].shape[1] = 4; }) ==
          start + "input half_in must have 2 channels, not 4");
    CHECK(error([](Recurrent& n) { n.inputs[0].shape[0] = 2; n.inputs[1].shape[0] = dynamic; }).starts_with(
        start + "input frames must have batch size 1, not 2"));
    CHECK(error([](Recurrent& n) { n.inputs[2].shape[2] = 8; }) ==
          start + "input half_in must have dynamic height and width");
    CHECK(error([](Recurrent& n) { n.inputs.push_back({"extra", {1, 1, dynamic, dynamic}}); }) ==
          start + "input extra is not in the contract");
    CHECK(error([](Recurrent& n) {
              n.nodes.push_back({"Identity", {"frames"}, {"extra_out"}});
              n.outputs.push_back({"extra_out", {1, 1, dynamic, dynamic}});
          }) == start + "output extra_out is not in the contract");
    CHECK(error([](Recurrent& n) { n.nodes.pop_back(); n.outputs.pop_back(); }) ==
          start + "output half_out is missing");
    CHECK(error([](Recurrent& n) { n.outputs[0].name = n.nodes[1].outputs[0] = "out"; }) ==
          start + "output frames_out is missing");
    CHECK(error([](Recurrent& n) { n.metadata = with(n.metadata, "vsdeblur.states", "[]"); }) ==
          start + "input sum_in is not in the contract");
    CHECK(error([](Recurrent& n) { n.metadata = with(n.metadata, "vsdeblur.color", "rgb"); }) ==
          start + "input frames must have 3 channels, not 1");
    CHECK(error([](Recurrent& n) {
              for (Port& port : n.inputs) port.type = float64;
              for (Port& port : n.outputs) port.type = float64;
          }) == start + "input frames must be a tensor of float32");
    CHECK(error([](Recurrent& n) {
              for (Port& port : n.inputs) port.shape.pop_back();
              for (Port& port : n.outputs) port.shape.pop_back();
          }) == start + "input frames must have 4 dimensions, not 3");
}

TEST_CASE("session: a file that does not load, and a run that fails") {
    Recurrent network = recurrent();
    network.nodes[0].operation = "NoSuchOperation";
    const std::string error = error_of_network(network);
    CHECK(error.starts_with("FILE cannot be loaded by ONNX Runtime 1."));
    CHECK(error.find("NoSuchOperation") != std::string::npos);
    CHECK(error.find('\n') == std::string::npos);

    // The sum has the shape of the frames, which the contract cannot see: the state is declared at half size.
    network = recurrent();
    network.metadata = with(network.metadata, "vsdeblur.states",
                            R"([{"input":"sum_in","output":"sum_out","channels":1,"scale":0.5,"initial":0},)"
                            R"({"input":"half_in","output":"half_out","channels":2,"scale":0.5,"initial":0}])");
    Network loaded(network);
    const std::vector<Tensor> states = {Tensor::zeros(1, 4, 4), Tensor::zeros(2, 4, 4)};
    const std::string failed = error_of([&] { loaded.session.run(Tensor::zeros(1, 8, 8), states); });
    CHECK(failed.starts_with(loaded.file.path().string() + " failed on frames of 1x1x8x8 in ONNX Runtime 1."));
    CHECK(failed.find("onnxruntime_src") == std::string::npos);
    CHECK(failed.find('\n') == std::string::npos);
}

TEST_CASE("session: options out of range") {
    SessionOptions options;
    options.verbosity = 5;
    CHECK(error_of_network(recurrent(), options) == "verbosity must be 0 to 4, not 5");
    options.verbosity = -1;
    CHECK(error_of_network(recurrent(), options) == "verbosity must be 0 to 4, not -1");
    options = {};
    options.threads = -1;
    CHECK(error_of_network(recurrent(), options) == "threads must be at least 0, not -1");
    options = {};
    options.device_id = -1;
    CHECK(error_of_network(recurrent(), options) == "device_id must be at least 0, not -1");
}

TEST_CASE("session: a provider that is not there is an error that says what is") {
    const RuntimeInfo info = info_of("ONNX Runtime");
    const std::string label = "ONNX Runtime " + info.version + " (" + info.library + ")";
    const std::pair<std::string, std::string> wheels[] = {
        {"CUDA", "onnxruntime-gpu"},          {"CUDAExecutionProvider", "onnxruntime-gpu"},
        {"TensorRT", "onnxruntime-gpu"},      {"tensorrt", "onnxruntime-gpu"},
        {"DirectML", "onnxruntime-directml (Windows)"}, {"DmlExecutionProvider", "onnxruntime-directml (Windows)"}};
    for (const auto& [name, wheel] : wheels) {
        SessionOptions options;
        options.provider = name;
        CHECK(reads(error_of_network(recurrent(), options),
                    {"provider " + name + " is not in " + label + ", which has ", "ONNXRuntime", "; pip install " + wheel}));
    }
    SessionOptions options;
    options.provider = "NoSuch";
    CHECK(reads(error_of_network(recurrent(), options),
                {"provider NoSuch is not in " + label + ", which has ", "ONNXRuntime",
                 "; pip install the onnxruntime-ep-* wheel that has it"}));
    for (const std::string name : {"", "CPU", "cpu", "CPUExecutionProvider", "ONNXRuntime", "onnxruntime", "OpenVINO", "openvino:cpu"}) {
        options.provider = name;
        CHECK(error_of_network(recurrent(), options) == "no error");
    }
}

TEST_CASE("session: two sessions and any number of threads compute the same bits") {
    for (const std::string& provider : all_runtimes) {
        CAPTURE(provider);
        const auto run = [&](int threads) {
            SessionOptions options = in(provider);
            options.threads = threads;
            Network network(recurrent(), options);
            const Tensor frames = filled(1, 64, 96, [](int i) { return std::sin(static_cast<float>(i)); });
            const std::vector<Tensor> states = {frames, Tensor::zeros(2, 32, 48)};
            return network.session.run(frames, states)[0];
        };
        const Tensor one = run(1);
        Tensor other;
        std::thread([&] { other = run(3); }).join();
        CHECK(std::equal(one.data(), one.data() + 64 * 96, other.data()));
    }
}

TEST_CASE("session: tiny numbers are 0 in every thread, and the host's threads keep their mode") {
    for (const std::string& provider : all_runtimes) {
        CAPTURE(provider);
        Network network(recurrent(), in(provider));
        const volatile float tiny = FLT_MIN / 4;
        const Tensor frames = filled(1, 2, 2, [&](int) { return tiny; });
        const std::vector<Tensor> states = {Tensor::zeros(1, 2, 2), Tensor::zeros(2, 1, 1)};
        CHECK(network.session.run(frames, states)[1].data()[0] == 0);
        std::thread([&] { CHECK(network.session.run(frames, states)[1].data()[0] == 0); }).join();
        CHECK(tiny * 2 > 0);
    }
}

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
