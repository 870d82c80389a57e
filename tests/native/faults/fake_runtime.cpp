#include "faults/fake_runtime.h"

#include "model/contract.h"
#include "runtime/graph.h"
#include "runtime/onnxruntime/session.h"

#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace vsdeblur {
namespace {

using test::Failure;
using test::fake_runtime;

std::vector<GraphPort> ports_of(const std::vector<Port>& promised) {
    std::vector<GraphPort> ports;
    for (const Port& port : promised) ports.push_back({port.name, true, {1, port.channels, -1, -1}});
    return ports;
}

std::size_t samples(const Tensor& tensor) { return tensor.bytes() / sizeof(float); }

class FakeBackend final : public Backend {
public:
    explicit FakeBackend(const std::filesystem::path& model) : contract_(read_contract(model)) {
        if (fake_runtime().is_lost) throw Error("the device is gone");
        ++fake_runtime().sessions;
    }
    ~FakeBackend() override { --fake_runtime().sessions; }

    std::vector<GraphPort> inputs() const override { return ports_of(promised_inputs(contract_)); }
    std::vector<GraphPort> outputs() const override { return ports_of(promised_outputs(contract_)); }
    void bind(std::vector<std::string>, std::vector<std::string>) override {}
    void prepare(std::span<const TensorShape>) override {}

    void run(std::span<const Tensor> inputs, std::span<Tensor> outputs) override {
        fail_if_told();
        std::this_thread::sleep_for(std::chrono::milliseconds(fake_runtime().pause_ms));
        const Tensor& frames = inputs.front();
        for (std::size_t i = 1; i < inputs.size(); ++i) {
            const bool adds = inputs[i].shape() == frames.shape();
            for (std::size_t k = 0; k < samples(inputs[i]); ++k)
                outputs[i].data()[k] = inputs[i].data()[k] + (adds ? frames : inputs[i]).data()[k];
        }
        const std::size_t plane = static_cast<std::size_t>(contract_.channels()) * frames.height() * frames.width();
        const float* middle = frames.data() + plane * contract_.before;
        for (std::size_t k = 0; k < samples(outputs[0]); ++k) {
            const float state = inputs.size() > 1 ? inputs[1].data()[k] : 0.0f;
            outputs[0].data()[k] = middle[k % plane] + state + static_cast<float>(k / plane) / 16;
        }
    }

private:
    static void fail_if_told() {
        test::FakeRuntime& runtime = fake_runtime();
        const int run = runtime.runs++;
        if (runtime.failure == Failure::none || run < runtime.failing_run) return;
        if (run > runtime.failing_run && !runtime.is_lost) return;
        if (runtime.failure == Failure::memory) throw std::bad_alloc();
        if (runtime.failure == Failure::foreign) throw std::runtime_error("the runtime broke");
        throw Error("the device is gone");
    }

    Contract contract_;
};

}  // namespace

// The linker takes this one and leaves the engine's own in its archive.
std::unique_ptr<Backend> open_in_onnxruntime(const std::filesystem::path& model, const SessionOptions& options) {
    test::fake_runtime().threads = options.threads;
    return std::make_unique<FakeBackend>(model);
}

}  // namespace vsdeblur

namespace vsdeblur::test {

FakeRuntime& fake_runtime() {
    static FakeRuntime runtime;
    return runtime;
}

FailedRun::FailedRun(Failure failure, int run, bool is_lost) {
    FakeRuntime& runtime = fake_runtime();
    runtime.failing_run = runtime.runs + run;
    runtime.is_lost = is_lost;
    runtime.failure = failure;
}

FailedRun::~FailedRun() {
    fake_runtime().failure = Failure::none;
    fake_runtime().is_lost = false;
}

}  // namespace vsdeblur::test
