// libvsdeblur_dnn.so, called as FFmpeg's dnn_processing calls ONNX Runtime, before a real ONNX Runtime.
// Whoever runs these tests sets VSDEBLUR_ONNXRUNTIME to the library of an installed wheel.
#include "onnx_writer.h"
#include "tolerances.h"

extern "C" {
#include "model_contract.h"
#include "ort.h"
const ort_base* OrtGetApiBase(void);
long mirrored(long n, long length);
}

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace vsdeblur::test {
namespace {

constexpr std::uint32_t api_version = 19;
constexpr float black = static_cast<float>(16 << 8) / 65535;
constexpr float span = static_cast<float>(219 << 8) / 65535;

enum Place { error_message = 2, create_env = 3, tensor_with_data = 49, cpu_memory = 69, release_env = 92,
             release_memory = 94 };

ort_table api() {
    static const ort_table table = OrtGetApiBase()->get_api(api_version);
    REQUIRE(table != nullptr);
    return table;
}

// Empties a status; its message.
std::string message(ort_status status) {
    if (!status) return "";
    typedef const char* get_message(const ort_object*);
    const std::string text = ORT(api(), error_message, get_message)(status);
    ORT(api(), ort_release_status, release_fn)(status);
    return text;
}

struct Frame {
    std::vector<std::int64_t> shape;
    std::vector<float> samples;
};

// A frame of luma of one value with a mark below it.
Frame marked(float value, float mark, int height = 4, int width = 6) {
    Frame frame{{1, 1, height + 1, width}, std::vector<float>(static_cast<std::size_t>((height + 1) * width), mark)};
    std::fill_n(frame.samples.begin(), height * width, value);
    return frame;
}

class Session {
public:
    explicit Session(const std::string& bytes) : Session(TemporaryFile(bytes).path()) {}
    explicit Session(const std::filesystem::path& path) {
        typedef ort_status create_env_fn(int severity, const char* name, ort_object** env);
        REQUIRE(message(ORT(api(), create_env, create_env_fn)(3, "test", &env_)).empty());
        REQUIRE(message(ORT(api(), ort_create_session_options, create_fn)(&options_)).empty());
        REQUIRE(message(ORT(api(), ort_set_intra_op_threads, set_threads_fn)(options_, 1)).empty());
        error = message(ORT(api(), ort_create_session, create_session_fn)(env_, path.c_str(), options_, &session_));
    }
    ~Session() {
        if (session_) ORT(api(), ort_release_session, release_fn)(session_);
        ORT(api(), ort_release_session_options, release_fn)(options_);
        ORT(api(), release_env, release_fn)(env_);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    std::size_t inputs() const { return count(ort_session_input_count); }
    std::size_t outputs() const { return count(ort_session_output_count); }

    // The name of an input or output.
    std::string name(ort_place place, std::size_t index) const {
        ort_object* allocator = nullptr;
        char* text = nullptr;
        REQUIRE(message(ORT(api(), ort_default_allocator, create_fn)(&allocator)).empty());
        REQUIRE(message(ORT(api(), place, session_name_fn)(session_, index, allocator, &text)).empty());
        const std::string copy = text;
        CHECK(message(ORT(api(), ort_allocator_free, allocator_free_fn)(allocator, text)).empty());
        return copy;
    }

    // Runs as dnn_processing does. The answer, or none with `error` set.
    Frame run(const Frame& frame) {
        typedef ort_status memory_fn(int allocator, int type, ort_object**);
        typedef ort_status tensor_fn(const ort_object*, const void*, std::size_t, const std::int64_t*, std::size_t, int,
                                     ort_object**);
        ort_object *memory = nullptr, *input = nullptr, *output = nullptr;
        REQUIRE(message(ORT(api(), cpu_memory, memory_fn)(1, 0, &memory)).empty());
        REQUIRE(message(ORT(api(), tensor_with_data, tensor_fn)(memory, frame.samples.data(),
                                                                frame.samples.size() * sizeof(float),
                                                                frame.shape.data(), frame.shape.size(), ort_float32,
                                                                &input)).empty());
        ORT(api(), release_memory, release_fn)(memory);
        const std::array<const char*, 1> in{"frames"}, out{"frames_out"};
        const std::array<const ort_object*, 1> values{input};
        error = message(ORT(api(), ort_run, run_fn)(session_, nullptr, in.data(), values.data(), 1, out.data(), 1, &output));
        ORT(api(), ort_release_value, release_fn)(input);
        return output ? contents(output) : Frame{};
    }

    std::string error;

private:
    std::size_t count(ort_place place) const {
        std::size_t found = 0;
        REQUIRE(message(ORT(api(), place, session_count_fn)(session_, &found)).empty());
        return found;
    }

    static Frame contents(ort_object* value) {
        ort_object* shape = nullptr;
        void* data = nullptr;
        Frame frame{std::vector<std::int64_t>(4), {}};
        REQUIRE(message(ORT(api(), ort_tensor_shape, tensor_shape_fn)(value, &shape)).empty());
        REQUIRE(message(ORT(api(), ort_dimensions, dimensions_fn)(shape, frame.shape.data(), 4)).empty());
        ORT(api(), ort_release_shape, release_fn)(shape);
        REQUIRE(message(ORT(api(), ort_tensor_data, tensor_data_fn)(value, &data)).empty());
        const auto* samples = static_cast<const float*>(data);
        frame.samples.assign(samples, samples + frame.shape[1] * frame.shape[2] * frame.shape[3]);
        ORT(api(), ort_release_value, release_fn)(value);
        return frame;
    }

    ort_object* env_ = nullptr;
    ort_object* options_ = nullptr;
    ort_object* session_ = nullptr;
};

// The probe, then frames of these values. All frames of the answers must be of one value; those values.
std::vector<float> play(Session& session, const std::vector<float>& values, int height = 4, int width = 6) {
    const Frame probe = session.run(marked(NAN, NAN, height, width));
    CHECK(session.error.empty());
    CHECK(probe.shape == std::vector<std::int64_t>{1, 1, height, width});
    std::vector<float> answers;
    for (const float value : values) {
        const Frame answer = session.run(marked(value, 0, height, width));
        REQUIRE(session.error.empty());
        CHECK(answer.shape == std::vector<std::int64_t>{1, 1, height, width});
        for (const float sample : answer.samples) CHECK(sample == answer.samples.front());
        answers.push_back(answer.samples.front());
    }
    return answers;
}

// What the recurrent network makes of luma of limited range: f + 2 * sum of the frames before it.
std::vector<float> expected(const std::vector<float>& values) {
    std::vector<float> answers;
    float sum = 0;
    for (const float value : values) {
        const float frame = (value - black) / span;
        answers.push_back((frame + 2 * sum) * span + black);
        sum += frame;
    }
    return answers;
}

void check_near(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(tolerance::dnn_values));
}

TEST_CASE("dnn wrapper: a recurrent model has one input and one output") {
    const Session session(recurrent().bytes());
    CHECK(session.error.empty());
    CHECK(session.inputs() == 1);
    CHECK(session.outputs() == 1);
    CHECK(session.name(ort_session_input_name, 0) == "frames");
    CHECK(session.name(ort_session_output_name, 0) == "frames_out");
}

TEST_CASE("dnn wrapper: the probe leaves the state alone, and frames carry it on") {
    const std::vector<float> values{0.5f, 0.25f, 0.75f, 0.5f};
    Session session(recurrent().bytes());
    check_near(play(session, values), expected(values));
}

TEST_CASE("dnn wrapper: sizes that do not divide by the multiple") {
    for (const auto& [height, width] : {std::pair{1, 1}, {3, 5}, {2, 7}}) {
        Session session(recurrent().bytes());
        check_near(play(session, {0.5f, 0.25f}, height, width), expected({0.5f, 0.25f}));
    }
}

TEST_CASE("dnn wrapper: sessions do not disturb each other") {
    const std::vector<std::vector<float>> clips{{0.5f, 0.25f, 0.75f}, {0.3f, 0.9f, 0.1f}, {0.2f, 0.2f, 0.2f}};
    std::vector<std::unique_ptr<Session>> sessions;
    for (std::size_t i = 0; i < clips.size(); ++i) sessions.push_back(std::make_unique<Session>(recurrent().bytes()));
    std::vector<std::vector<float>> answers(clips.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < clips.size(); ++i)
        threads.emplace_back([&, i] { answers[i] = play(*sessions[i], clips[i]); });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < clips.size(); ++i) check_near(answers[i], expected(clips[i]));
}

// A luma model that reads three frames and doubles the middle one.
Recurrent window_of_three() {
    Recurrent network = recurrent();
    network.nodes = {{"Add", {"frames", "frames"}, {"frames_out"}}};
    network.inputs = {{"frames", {1, 3, dynamic, dynamic}}};
    network.outputs = {{"frames_out", {1, 3, dynamic, dynamic}}};
    network.metadata = with(network.metadata, "vsdeblur.window", "1,1");
    network.metadata = with(network.metadata, "vsdeblur.outputs", "-1,0,1");
    network.metadata = with(network.metadata, "vsdeblur.states", "[]");
    return network;
}

TEST_CASE("dnn wrapper: with one clip a process, a model whose clip was broken off is not opened again") {
    const TemporaryFile broken(window_of_three().bytes()), whole(window_of_three().bytes());
    for (const char* setting : {"0", "1"}) {
        setenv("VSDEBLUR_DNN_ONE_CLIP", setting, 1);
        for (const TemporaryFile* file : {&broken, &whole}) {
            Session session(file->path());
            REQUIRE(session.error.empty());
            play(session, {0.5f, 0.25f});
            if (file == &whole) session.run(marked(1, 1));
        }
        CHECK(Session(whole.path()).error.empty());
        const std::string error = Session(broken.path()).error;
        CHECK(error.empty() == (*setting == '0'));
        if (*setting == '1')
            CHECK(error == "vsdeblur: " + broken.path().string() + ": the filter graph was built anew in mid-stream, so "
                           "frames are lost: all frames must have one size and format");
    }
    unsetenv("VSDEBLUR_DNN_ONE_CLIP");
}

TEST_CASE("dnn wrapper: a window waits for its last frame, and the end is mirrored") {
    Session session(window_of_three().bytes());
    const auto doubled = [](float value) { return 2 * (value - black) + black; };
    check_near(play(session, {0.5f, 0.25f, 0.75f}), {0, doubled(0.5f), doubled(0.25f)});
    const Frame last = session.run(marked(1, 1));
    CHECK(last.samples.front() == doctest::Approx(doubled(0.75f)).epsilon(tolerance::dnn_values));
    CHECK(session.run(marked(0.5f, 0)).samples.empty());
    CHECK(session.error == "vsdeblur: a frame came behind the clip's end");
}

TEST_CASE("dnn wrapper: a model without the contract passes through") {
    Recurrent network = recurrent();
    network.nodes = {{"Add", {"frames", "frames"}, {"frames_out"}}};
    network.inputs.resize(1);
    network.outputs.resize(1);
    network.metadata = {{"other", "1"}};
    Session session(network.bytes());
    for (const float value : {0.5f, -2.0f}) {
        const Frame answer = session.run(marked(value, 0.5f));
        CHECK(answer.shape == std::vector<std::int64_t>{1, 1, 5, 6});
        CHECK(answer.samples.front() == 2 * value);
        CHECK(answer.samples.back() == 1.0f);
    }
}

TEST_CASE("dnn wrapper: what is not a frame of the graph is refused") {
    Session session(recurrent().bytes());
    CHECK(session.run(Frame{{1, 3, 5, 6}, std::vector<float>(90)}).samples.empty());
    CHECK(session.error == "vsdeblur: the frames have another shape than the filter graph of vsdeblur ffmpeg-graph gives");
    check_near(play(session, {0.5f}), expected({0.5f}));
    CHECK(session.run(marked(0.5f, 0, 4, 8)).samples.empty());
    CHECK(session.error == "vsdeblur: the frames change from 6x4 to 8x4 in mid-stream, and a clip has one size");
    CHECK(session.run(marked(0.5f, 0.5f)).samples.empty());
    CHECK(session.error ==
          "vsdeblur: the frames carry no marks: use the filter graph of vsdeblur ffmpeg-graph --via wrapper");
    check_near({session.run(marked(0.25f, 0)).samples.front()}, {expected({0.5f, 0.25f}).back()});
}

TEST_CASE("dnn wrapper: a contract that it cannot serve ends the session") {
    const std::vector<std::array<std::string, 3>> cases{
        {"vsdeblur.contract", "2", "its contract has version 2, and this vsdeblur knows version 1"},
        {"vsdeblur.window", "1", "its contract is malformed: vsdeblur.window is 1"},
        {"vsdeblur.color", "cmyk", "its contract is malformed: vsdeblur.color is cmyk"},
        {"vsdeblur.outputs", "subframes:7", "it gives 7 frames for each frame, and dnn_processing gives one"},
    };
    for (const auto& [key, value, sentence] : cases) {
        Recurrent network = recurrent();
        network.metadata = with(network.metadata, key, value);
        const Session session(network.bytes());
        CHECK(session.error.starts_with("vsdeblur: "));
        CHECK(session.error.ends_with(".onnx: " + sentence));
    }
}

TEST_CASE("dnn wrapper: states are parsed, and no text is read beyond its end") {
    contract found{};
    const std::string text =
        R"([{"input":"f_in","output":"f_out","channels":32,"scale":0.5,"initial":0} , )"
        R"({"initial":0.0,"scale":1.0,"channels":1,"output":"g_2_out","input":"g_2_in"}])";
    REQUIRE(parse_states(text.c_str(), &found) == 0);
    REQUIRE(found.state_count == 2);
    CHECK(std::string(found.states[0].input) == "f_in");
    CHECK(found.states[0].channels == 32);
    CHECK(found.states[0].divisor == 2);
    CHECK(std::string(found.states[1].output) == "g_2_out");
    CHECK(found.states[1].divisor == 1);
    CHECK(parse_states(" [ ] ", &found) == 0);
    CHECK(found.state_count == 0);
    for (std::size_t length = 0; length < text.size(); ++length) {
        const auto copy = std::make_unique<char[]>(length + 1);
        text.copy(copy.get(), length);
        CHECK(parse_states(copy.get(), &found) != 0);
    }
}

TEST_CASE("dnn wrapper: mirrored numbers") {
    CHECK(mirrored(-2, 5) == 2);
    CHECK(mirrored(5, 5) == 3);
    CHECK(mirrored(-3, 2) == 1);
    CHECK(mirrored(7, 1) == 0);
}

}  // namespace
}  // namespace vsdeblur::test
