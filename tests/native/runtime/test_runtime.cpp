#include "runtime/runtime.h"

#include "error_of.h"
#include "model/contract.h"
#include "onnx_writer.h"
#include "runtime/info_of.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Whoever runs these tests sets VSDEBLUR_ONNXRUNTIME and VSDEBLUR_OPENVINO to the libraries of installed wheels.

namespace vsdeblur {
namespace {

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

Tensor filled(int channels, int height, int width, const std::function<float(int)>& value) {
    Tensor tensor = Tensor::allocate(channels, height, width);
    for (int i = 0; i < channels * height * width; ++i) tensor.data()[i] = value(i);
    return tensor;
}

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

}  // namespace vsdeblur
