// A network is compiled for one shape at a time: OpenVINO then knows every size, and the frames or tiles of a clip have
// one shape.
#include "runtime/openvino/session.h"

#include "error.h"
#include "runtime/cores.h"
#include "runtime/denormals.h"
#include "runtime/openvino/library.h"
#include "system/system.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

namespace vsdeblur {
namespace {

using namespace openvino;

constexpr std::size_t most_compiled = 4;  // shapes that are kept ready; each takes memory like a session of its own

std::string listed(const std::vector<std::string>& items) {
    return items.empty() ? "none" : joined(items);
}

// What the graph computes in where it has float32. An int8 file says itself what is int8; the rest of it stays float32.
const char* hint_of(const std::string& precision) {
    if (precision == "bf16") return "bf16";
    return precision == "fp16" ? "f16" : "f32";
}

class OpenVinoBackend final : public Backend {
public:
    OpenVinoBackend(const std::filesystem::path& model, std::string device, const SessionOptions& options)
        : library_(OpenVinoLibrary::of_process()),
          file_(system::text_of(model)),
          device_(std::move(device)),
          hint_(hint_of(options.precision)),
          threads_(std::to_string(options.threads == 0 ? usable_cores() : options.threads)),
          model_(nullptr, library_.api().free_model) {
        const FlushDenormals mode;
        Model* raw = nullptr;
        try {
            library_.check(library_.api().read_model(library_.core(), file_.c_str(), nullptr, &raw),
                           file_ + " cannot be read by " + library_.label());
        } catch (const Error& error) {
            throw Error(error.what() + std::string("; provider=\"ONNXRuntime\" may read it"));
        }
        model_.reset(raw);
    }

    std::vector<GraphPort> inputs() const override {
        return ports(library_.api().count_inputs, library_.api().get_input);
    }

    std::vector<GraphPort> outputs() const override {
        return ports(library_.api().count_outputs, library_.api().get_output);
    }

    void bind(std::vector<std::string> inputs, std::vector<std::string> outputs) override {
        const auto places = [](const std::vector<std::string>& names, const std::vector<GraphPort>& ports) {
            std::vector<std::size_t> found;
            for (const std::string& name : names)
                found.push_back(std::ranges::find(ports, name, &GraphPort::name) - ports.begin());
            return found;
        };
        input_places_ = places(inputs, this->inputs());
        output_places_ = places(outputs, this->outputs());
        input_names_ = std::move(inputs);
    }

    void prepare(std::span<const TensorShape> inputs) override { static_cast<void>(compiled(inputs)); }

    void run(std::span<const vsdeblur::Tensor> inputs, std::span<vsdeblur::Tensor> outputs) override {
        std::vector<TensorShape> shapes;
        for (const vsdeblur::Tensor& tensor : inputs) shapes.push_back(tensor.shape());
        InferRequest* request = compiled(shapes).request.get();
        const Api& api = library_.api();
        const std::string what = file_ + " failed on frames of " + shape_text(shapes.front()) + " in " + library_.label();
        std::vector<Handle<openvino::Tensor>> views;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            library_.check(api.set_input(request, input_places_[i], views.emplace_back(view(inputs[i])).get()), what);
        }
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            library_.check(api.set_output(request, output_places_[i], views.emplace_back(view(outputs[i])).get()), what);
        }
        const FlushDenormals mode;
        library_.check(api.infer(request), what);
    }

private:
    struct Compiled {
        std::vector<TensorShape> shapes;
        Handle<CompiledModel> model;
        Handle<InferRequest> request;
    };

    template <typename Count, typename Get>
    std::vector<GraphPort> ports(const Count& count_ports, const Get& get_port) const {
        const Api& api = library_.api();
        const std::string what = file_ + " does not show its inputs and outputs to " + library_.label();
        std::size_t count = 0;
        library_.check(count_ports(model_.get(), &count), what);
        std::vector<GraphPort> ports;
        for (std::size_t i = 0; i < count; ++i) {
            ConstPort* raw = nullptr;
            library_.check(get_port(model_.get(), i, &raw), what);
            const Handle<ConstPort> port(raw, api.free_port);
            char* name = nullptr;
            library_.check(api.get_name(raw, &name), what);
            const TextHandle owner(name, api.free_text);
            ElementType element = 0;
            library_.check(api.get_element_type(raw, &element), what);
            ports.push_back({name, element == library_.float32(), shape_of(raw, what)});
        }
        return ports;
    }

    std::vector<std::int64_t> shape_of(const ConstPort* port, const std::string& what) const {
        PartialShape shape{};
        library_.check(library_.api().get_shape(port, &shape), what);
        std::vector<std::int64_t> sizes;
        if (shape.rank.least == shape.rank.most) {
            for (std::int64_t i = 0; i < shape.rank.most; ++i)
                sizes.push_back(shape.sizes[i].least == shape.sizes[i].most ? shape.sizes[i].most : -1);
        }
        library_.api().free_shape(&shape);
        return sizes;
    }

    // The network compiled for these shapes, which comes first in the list from then on.
    Compiled& compiled(std::span<const TensorShape> shapes) {
        const auto found = std::ranges::find_if(
            compiled_, [&](const Compiled& entry) { return std::ranges::equal(entry.shapes, shapes); });
        if (found != compiled_.end()) {
            compiled_.splice(compiled_.begin(), compiled_, found);
        } else {
            compiled_.push_front(compile(shapes));
            if (compiled_.size() > most_compiled) compiled_.pop_back();
        }
        return compiled_.front();
    }

    Compiled compile(std::span<const TensorShape> shapes) const {
        const Api& api = library_.api();
        const FlushDenormals mode;
        const std::string what =
            file_ + " cannot be made ready for frames of " + shape_text(shapes.front()) + " by " + library_.label();
        std::vector<const char*> names;
        std::vector<std::array<Dimension, 4>> sizes(shapes.size());
        std::vector<PartialShape> partial;
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            const std::array<std::int64_t, 4> all = {1, shapes[i].channels, shapes[i].height, shapes[i].width};
            for (std::size_t k = 0; k < all.size(); ++k) sizes[i][k] = {all[k], all[k]};
            partial.push_back({{4, 4}, sizes[i].data()});
            names.push_back(input_names_[i].c_str());
        }
        library_.check(api.reshape(model_.get(), names.data(), partial.data(), partial.size()), what);
        CompiledModel* model = nullptr;
        library_.check(device_ == "CPU" ? compile_for_cpu(&model) : compile_for_others(&model), what);
        Handle<CompiledModel> owner(model, api.free_compiled);
        InferRequest* request = nullptr;
        library_.check(api.create_request(model, &request), what);
        return {{shapes.begin(), shapes.end()}, std::move(owner), Handle<InferRequest>(request, api.free_request)};
    }

    // Threads are not bound to cores: those of several sessions would be bound to the same ones.
    Status compile_for_cpu(CompiledModel** model) const {
        constexpr std::size_t texts = 12;
        return library_.api().compile(library_.core(), model_.get(), device_.c_str(), texts, model,
                                      "INFERENCE_PRECISION_HINT", hint_, "INFERENCE_NUM_THREADS", threads_.c_str(),
                                      "NUM_STREAMS", "1", "ENABLE_CPU_PINNING", "NO", "CPU_DENORMALS_OPTIMIZATION",
                                      "YES", "EXECUTION_MODE_HINT", "PERFORMANCE");
    }

    Status compile_for_others(CompiledModel** model) const {
        constexpr std::size_t texts = 4;
        return library_.api().compile(library_.core(), model_.get(), device_.c_str(), texts, model,
                                      "INFERENCE_PRECISION_HINT", hint_, "NUM_STREAMS", "1");
    }

    // A view of the tensor's memory for OpenVINO; the tensor must outlive it.
    Handle<openvino::Tensor> view(const vsdeblur::Tensor& tensor) const {
        std::array<std::int64_t, 4> sizes = {1, tensor.channels(), tensor.height(), tensor.width()};
        openvino::Tensor* raw = nullptr;
        // The entry takes memory that may be written; OpenVINO does not write to inputs.
        library_.check(library_.api().create_tensor(library_.float32(), {4, sizes.data()},
                                                    const_cast<float*>(tensor.data()), &raw),
                       file_ + " cannot be given a tensor");
        return Handle<openvino::Tensor>(raw, library_.api().free_tensor);
    }

    const OpenVinoLibrary& library_;
    const std::string file_;  // how errors name it
    const std::string device_;
    const char* const hint_;
    const std::string threads_;
    Handle<Model> model_;
    std::vector<std::string> input_names_;
    std::vector<std::size_t> input_places_;
    std::vector<std::size_t> output_places_;
    std::list<Compiled> compiled_;  // most recently used first
};

}  // namespace

std::string openvino_device(const std::string& kind, int device_id) {
    const OpenVinoLibrary& library = OpenVinoLibrary::of_process();
    std::string name;
    for (const char c : kind) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const std::string numbered = name + "." + std::to_string(device_id);
    for (const std::string& device : library.devices()) {
        if (device == numbered || (device == name && device_id == 0)) return device;
    }
    throw Error(library.label() + " has no device " + (device_id == 0 ? name : numbered) + " on this machine; it has " +
                listed(library.devices()));
}

std::vector<std::string> openvino_precisions(const std::string& device) {
    const std::vector<std::string> known = OpenVinoLibrary::of_process().capabilities(device);
    const auto has = [&](const char* word) { return std::ranges::find(known, word) != known.end(); };
    const bool is_cpu = device == "CPU";
    std::vector<std::string> precisions;
    if (has("INT8")) precisions.push_back("int8");
    if (is_cpu && has("BF16")) precisions.push_back("bf16");
    if (has("FP16")) precisions.push_back("fp16");
    precisions.push_back("fp32");
    return precisions;
}

std::unique_ptr<Backend> open_in_openvino(const std::filesystem::path& model, const std::string& device,
                                          const SessionOptions& options) {
    return std::make_unique<OpenVinoBackend>(model, device, options);
}

}  // namespace vsdeblur
