#include "runtime/openvino/library.h"

#include "error_of.h"
#include "model/contract.h"
#include "onnx_writer.h"
#include "runtime/runtime.h"
#include "tolerances.h"

#include <doctest/doctest.h>

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// Whoever runs these tests sets VSDEBLUR_OPENVINO to the library of an installed wheel.

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;
using namespace test;
using namespace tolerance;

SessionOptions on(const std::string& provider, const std::string& precision = "") {
    SessionOptions options;
    options.provider = provider;
    options.precision = precision;
    return options;
}

std::string error_of_session(const Recurrent& network, const SessionOptions& options) {
    const TemporaryFile file(network.bytes());
    std::string error = error_of([&] { Session(file.path(), read_contract(file.path()), options); });
    const std::size_t place = error.find(file.path().string());
    return place == std::string::npos ? error : error.replace(place, file.path().string().size(), "FILE");
}

// What frames_out is for frames of noise and states of 0.5.
std::vector<float> answer(const SessionOptions& options, int height = 30, int width = 46) {
    const TemporaryFile file(recurrent().bytes());
    Session session(file.path(), read_contract(file.path()), options);
    Tensor frames = Tensor::allocate(1, height, width), half = Tensor::zeros(2, height / 2, width / 2);
    for (int i = 0; i < height * width; ++i) frames.data()[i] = std::sin(static_cast<float>(i));
    const std::vector<Tensor> states = {frames, half};
    const Tensor output = session.run(frames, states).front();
    return {output.data(), output.data() + height * width};
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(static_cast<double>(a[i]) - b[i]));
    return most;
}

std::string error_of_library(const fs::path& path) {
    RuntimeSearch search;
    search.environment = path;
    return error_of([&] { OpenVinoLibrary library(*open_library(openvino_kind, search)); });
}

}  // namespace

TEST_CASE("openvino: it runs where nothing else is asked for, and says so") {
    const RuntimeInfo info = runtimes().front();
    REQUIRE(info.name == "OpenVINO");
    CHECK(fs::equivalent(info.library, std::getenv("VSDEBLUR_OPENVINO")));
    CHECK(info.origin == "VSDEBLUR_OPENVINO");
    CHECK(info.version.starts_with("202"));
    CHECK(info.version.find('-') == std::string::npos);
    CHECK(std::ranges::find(info.providers, "OpenVINO:CPU") != info.providers.end());
    const TemporaryFile file(recurrent().bytes());
    for (const std::string provider : {"", "CPU", "OpenVINO", "openvino:cpu"}) {
        const Execution execution = Session(file.path(), read_contract(file.path()), on(provider)).execution();
        CHECK(execution.runtime == "OpenVINO " + info.version + " CPU");
        CHECK(execution.precision == "fp32");
    }
    const Execution other = Session(file.path(), read_contract(file.path()), on("ONNXRuntime")).execution();
    CHECK(other.runtime.starts_with("ONNX Runtime 1."));
    CHECK(other.runtime.ends_with(" CPU"));
}

TEST_CASE("openvino: the two runtimes agree in fp32") {
    CHECK(difference(answer(on("OpenVINO")), answer(on("ONNXRuntime"))) <= runtimes_apart);
}

TEST_CASE("openvino: bf16 where the processor has it, else a sentence that says what there is") {
    const std::vector<std::string> there = provider_precisions("OpenVINO", 0);
    CHECK(there.back() == "fp32");
    for (const std::string precision : {"bf16", "fp16"}) {
        CAPTURE(precision);
        if (std::ranges::find(there, precision) != there.end()) {
            CHECK(difference(answer(on("OpenVINO", precision)), answer(on("OpenVINO"))) <= coarse_apart);
            continue;
        }
        const std::string error = error_of_session(recurrent(), on("OpenVINO", precision));
        CHECK(error.starts_with("precision " + precision + " is not there: OpenVINO 20"));
        CHECK(error.find(" on CPU computes in ") != std::string::npos);
        CHECK(error.ends_with("fp32"));
    }
    CHECK(error_of_session(recurrent(), on("ONNXRuntime", "bf16")).ends_with(" on CPU computes in fp32, int8"));
    for (const std::string provider : {"OpenVINO", "ONNXRuntime"}) {
        CHECK(error_of_session(recurrent(), on(provider, "int8")) == "FILE holds weights in fp32, not int8");
    }
}

TEST_CASE("openvino: sizes that come and go give what they gave at first") {
    const TemporaryFile file(recurrent().bytes());
    Session session(file.path(), read_contract(file.path()), on("OpenVINO"));
    std::vector<std::vector<float>> first;
    // More sizes than are kept ready.
    for (int round = 0; round < 2; ++round) {
        for (int size = 2; size <= 16; size += 2) {
            Tensor frames = Tensor::allocate(1, size, size);
            for (int i = 0; i < size * size; ++i) frames.data()[i] = static_cast<float>(i) / 256;
            const std::vector<Tensor> states = {frames, Tensor::zeros(2, size / 2, size / 2)};
            const Tensor output = session.run(frames, states).front();
            const std::vector<float> values(output.data(), output.data() + size * size);
            for (int i = 0; i < size * size; ++i) REQUIRE(values[i] == 3 * frames.data()[i]);
            if (round == 0) first.push_back(values);
            else CHECK(values == first[size / 2 - 1]);
        }
    }
}

TEST_CASE("openvino: a graph that contradicts its contract, and one that it cannot read") {
    Recurrent network = recurrent();
    network.inputs.push_back({"extra", {1, 1, dynamic, dynamic}});
    CHECK(error_of_session(network, on("OpenVINO")) == "FILE contradicts its contract: input extra is not in the contract");
    network = recurrent();
    network.inputs[2].shape[2] = 8;
    CHECK(error_of_session(network, on("OpenVINO")) ==
          "FILE contradicts its contract: input half_in must have dynamic height and width");
    network = recurrent();
    network.nodes[0].operation = "NoSuchOperation";
    const std::string error = error_of_session(network, on("OpenVINO"));
    CHECK(error.starts_with("FILE cannot be read by OpenVINO 20"));
    CHECK(error.find("NoSuchOperation") != std::string::npos);
    CHECK(error.ends_with("; provider=\"ONNXRuntime\" may read it"));
    CHECK(error.find('\n') == std::string::npos);
}

TEST_CASE("openvino: a device that is not there") {
    const std::string error = error_of_session(recurrent(), on("OpenVINO:Abacus"));
    CHECK(error.starts_with("OpenVINO 20"));
    CHECK(error.find(" has no device ABACUS on this machine; it has CPU") != std::string::npos);
}

TEST_CASE("openvino: a library that is too old, broken or another") {
    CHECK(error_of_library(VSDEBLUR_FAKE_OPENVINO) ==
          std::string("OpenVINO 2023.3.0 at ") + VSDEBLUR_FAKE_OPENVINO + " is too old; 2024.0 or newer is needed: " +
              "pip install --upgrade openvino, or give provider=\"ONNXRuntime\"");
    CHECK(error_of([] { check_openvino_version("2024.0.0", "/x"); }) == "no error");
    const TemporaryFile text("not a library", ".so");
    CHECK(error_of_library(text.path()).starts_with("OpenVINO at " + text.path().string() +
                                                   ", which VSDEBLUR_OPENVINO names, does not load: "));
    CHECK(error_of_library("/no/such.so") ==
          "VSDEBLUR_OPENVINO names /no/such.so, which is not a file; it must be the path of libopenvino_c.so");
    Dl_info other{};
    REQUIRE(dladdr(dlsym(RTLD_DEFAULT, "dlopen"), &other) != 0);
    CHECK(error_of_library(other.dli_fname) ==
          std::string(other.dli_fname) + " is not OpenVINO's C library: it has no ov_get_openvino_version");
}

}  // namespace vsdeblur
