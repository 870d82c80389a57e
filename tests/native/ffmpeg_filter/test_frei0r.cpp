// The frei0r plugin as hosts meet it: the library is loaded by path and driven through its C functions.
#include "../../../ffmpeg_filter/frei0r/frei0r_api.h"
#include "onnx_writer.h"

#include <doctest/doctest.h>

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace vsdeblur::test;

namespace {

constexpr int width = 8, height = 4;

using Pixels = std::vector<std::uint32_t>;

// The library; its functions by name.
class Library {
public:
    Library() : handle_(dlopen(VSDEBLUR_FREI0R, RTLD_NOW | RTLD_LOCAL)) {
        REQUIRE_MESSAGE(handle_ != nullptr, dlerror());
    }
    ~Library() { dlclose(handle_); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    template <class Function>
    Function* symbol(const char* name) const {
        void* found = dlsym(handle_, name);
        REQUIRE(found != nullptr);
        return reinterpret_cast<Function*>(found);
    }

private:
    void* handle_;
};

class Instance {
public:
    explicit Instance(const Library& library, int w = width, int h = height) : library_(library) {
        instance_ = library.symbol<decltype(f0r_construct)>("f0r_construct")(w, h);
        REQUIRE(instance_ != nullptr);
    }
    ~Instance() { library_.symbol<decltype(f0r_destruct)>("f0r_destruct")(instance_); }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    Instance& set(int index, std::string text) {
        char* value = text.data();
        library_.symbol<decltype(f0r_set_param_value)>("f0r_set_param_value")(instance_, &value, index);
        return *this;
    }
    std::string get(int index) {
        char* value = nullptr;
        library_.symbol<decltype(f0r_get_param_value)>("f0r_get_param_value")(instance_, &value, index);
        return value;
    }
    Pixels update(double time, const Pixels& in) {
        Pixels out(in.size(), 0xdeadbeef);
        library_.symbol<decltype(f0r_update)>("f0r_update")(instance_, time, in.data(), out.data());
        return out;
    }

    void update_in_place(double time, Pixels& pixels) {
        library_.symbol<decltype(f0r_update)>("f0r_update")(instance_, time, pixels.data(), pixels.data());
    }

private:
    const Library& library_;
    f0r_instance_t instance_;
};

std::uint32_t gray(int value, int alpha = 255) {
    const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value),
                                               static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(alpha)};
    std::uint32_t pixel;
    std::memcpy(&pixel, bytes.data(), sizeof pixel);
    return pixel;
}

Pixels flat(int value, int alpha = 255) { return Pixels(width * height, gray(value, alpha)); }

// The value that all pixels have; -1 if they differ.
int value_of(const Pixels& pixels) {
    for (const std::uint32_t pixel : pixels)
        if (pixel != pixels.front()) return -1;
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &pixels.front(), sizeof bytes);
    return bytes[0] == bytes[1] && bytes[1] == bytes[2] ? bytes[0] : -1;
}

// A luma network that gives the largest value of its window, frames n - before .. n + after, plus a state that is 0.
std::string largest(int before, int after) {
    const std::int64_t frames = before + 1 + after;
    Recurrent network = recurrent();
    network.nodes = {{"ReduceMax", {"frames"}, {"top"}},
                     {"Add", {"top", "sum_in"}, {"frames_out"}},
                     {"Sub", {"sum_in", "sum_in"}, {"sum_out"}},
                     {"Add", {"half_in", "half_in"}, {"half_out"}}};
    network.inputs[0].shape[1] = frames;
    network.metadata =
        with(network.metadata, "vsdeblur.window", std::to_string(before) + "," + std::to_string(after));
    return network.bytes();
}

std::vector<int> play(Instance& instance, const std::vector<std::pair<double, int>>& frames) {
    std::vector<int> shown;
    for (const auto& [time, value] : frames) shown.push_back(value_of(instance.update(time, flat(value))));
    return shown;
}

const double no_time = -static_cast<double>(std::uint64_t{1} << 63) / 25 * 1000;  // FFmpeg's AV_NOPTS_VALUE at 25 Hz

}  // namespace

TEST_CASE("frei0r: the plugin names itself and its parameters") {
    const Library library;
    CHECK(library.symbol<decltype(f0r_init)>("f0r_init")() == 1);
    f0r_plugin_info_t info{};
    library.symbol<decltype(f0r_get_plugin_info)>("f0r_get_plugin_info")(&info);
    CHECK(std::string(info.name) == "vsdeblur");
    CHECK(info.plugin_type == F0R_PLUGIN_TYPE_FILTER);
    CHECK(info.color_model == F0R_COLOR_MODEL_RGBA8888);
    CHECK(info.frei0r_version == 1);
    REQUIRE(info.num_params == 6);
    std::string names;
    for (int index = 0; index < info.num_params; ++index) {
        f0r_param_info_t parameter{};
        library.symbol<decltype(f0r_get_param_info)>("f0r_get_param_info")(&parameter, index);
        CHECK(parameter.type == F0R_PARAM_STRING);
        names += std::string(parameter.name) + " ";
    }
    CHECK(names == "model tilesize provider host precision strength ");
    Instance instance(library);
    CHECK(instance.get(0) == "DTB");
    CHECK(instance.set(0, "RVD").get(0) == "RVD");
    library.symbol<decltype(f0r_deinit)>("f0r_deinit")();
}

TEST_CASE("frei0r: sizes that no frame has are refused") {
    const Library library;
    const auto construct = library.symbol<decltype(f0r_construct)>("f0r_construct");
    CHECK(construct(0, 4) == nullptr);
    CHECK(construct(4, 0) == nullptr);
    CHECK(construct(1u << 31, 4) == nullptr);
}

TEST_CASE("frei0r: an editor sees outputs late by the look-ahead, and the first frame from itself alone before") {
    const Library library;
    const TemporaryFile none(largest(0, 0)), one(largest(1, 1)), two(largest(2, 2));
    const std::vector<std::pair<double, int>> clip = {{0, 9}, {0.04, 12}, {0.08, 10}, {0.12, 11}, {0.16, 8}, {0.2, 7}};
    Instance without(library), dtb(library), rvd(library);
    CHECK(play(without.set(0, none.path()), clip) == std::vector{9, 12, 10, 11, 8, 7});
    // Frame 0 has no neighbour before, where the window is cut.
    CHECK(play(dtb.set(0, one.path()), clip) == std::vector{9, 12, 12, 12, 11, 11});
    CHECK(play(rvd.set(0, two.path()), clip) == std::vector{9, 9, 12, 12, 12, 12});
    // A network that looks back alone still needs the next frame once, as the mirror image of the one before the first.
    const TemporaryFile behind(largest(1, 0));
    CHECK(play(Instance(library).set(0, behind.path()), clip) == std::vector{9, 12, 12, 12, 11, 11});
}

TEST_CASE("frei0r: strength is the share of the change") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    const std::vector<std::pair<double, int>> clip = {{0, 8}, {0.04, 12}, {0.08, 10}, {0.12, 14}};
    const auto shown = [&](const char* strength) {
        Instance instance(library);
        return play(instance.set(0, model.path()).set(5, strength), clip);
    };
    CHECK(shown("1") == std::vector{8, 12, 12, 14});
    CHECK(shown("0.5") == std::vector{8, 10, 12, 12});
    CHECK(shown("0") == std::vector{8, 8, 12, 10});
    for (const char* wrong : {"-1", "5", "nan", "half", ""}) {
        CAPTURE(wrong);
        CHECK(value_of(Instance(library).set(0, model.path()).set(5, wrong).update(0, flat(8))) == -1);  // stripes
    }
}

TEST_CASE("frei0r: a jump in time begins a scene, and a repeated frame gets its answer again") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    Instance instance(library);
    instance.set(0, model.path());
    CHECK(play(instance, {{0, 9}, {1, 8}, {2, 7}}) == std::vector{9, 9, 9});
    CHECK(play(instance, {{2, 7}, {2, 7}}) == std::vector{9, 9});
    CHECK(play(instance, {{9, 3}, {10, 2}, {11, 1}}) == std::vector{3, 3, 3});  // forwards
    CHECK(play(instance, {{5, 6}, {6, 5}}) == std::vector{6, 6});               // backwards
    CHECK(play(instance, {{6, 4}}) == std::vector{4});                          // another picture at the same time
    CHECK(play(instance, {{7, 3}, {8.01, 3}, {9, 2}}) == std::vector{4, 4, 3}); // rounded times
}

TEST_CASE("frei0r: times that no clip has say nothing") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    for (const double time : {no_time, std::numeric_limits<double>::quiet_NaN(), HUGE_VAL}) {
        Instance instance(library);
        instance.set(0, model.path());
        CHECK(play(instance, {{time, 9}, {time, 8}, {time, 8}, {time, 6}, {time, 5}}) == std::vector{9, 9, 9, 8, 8});
    }
}

TEST_CASE("frei0r: alpha comes back with its frame, and a frame may be changed in place") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    Instance instance(library);
    instance.set(0, model.path());
    instance.update(0, flat(5, 40));
    CHECK(instance.update(1, flat(5, 50)).front() == gray(5, 40));
    CHECK(instance.update(2, flat(5, 60)).front() == gray(5, 50));

    Pixels frame = flat(6, 70);
    Instance other(library);
    other.set(0, model.path()).update_in_place(0, frame);
    CHECK(frame == flat(6, 70));
    other.update_in_place(1, frame = flat(8, 80));
    CHECK(frame == flat(8, 70));
}

TEST_CASE("frei0r: instances are independent, also in threads") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    std::array<std::vector<int>, 3> shown;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            Instance instance(library);
            instance.set(0, model.path());
            for (int n = 0; n < 20; ++n) shown[i].push_back(value_of(instance.update(n, flat(20 * i + 20 - n))));
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 3; ++i)
        for (int n = 1; n < 20; ++n) CHECK(shown[i][n] == 20 * i + 20 - std::max(0, n - 2));
}

TEST_CASE("frei0r: what cannot be done is stripes, until a parameter changes") {
    const Library library;
    const TemporaryFile model(largest(0, 0)), text("no model");
    const auto stripes = [&](int index, const std::string& value) {
        Instance instance(library, 40, 4);
        instance.set(0, model.path()).set(index, value);
        const Pixels out = instance.update(0, Pixels(40 * 4, gray(9)));
        std::array<std::uint8_t, 4> first;
        std::memcpy(first.data(), out.data(), sizeof first);
        return first == std::array<std::uint8_t, 4>{255, 0, 255, 255} && out[16] == gray(0) && out[32] == out[0];
    };
    CHECK(stripes(0, "/nowhere/model.onnx"));
    CHECK(stripes(0, text.path()));
    CHECK(stripes(0, ""));
    CHECK(stripes(1, "many"));
    CHECK(stripes(1, "64x"));
    CHECK(stripes(1, "-4"));
    CHECK(stripes(2, "Abacus"));
    CHECK(stripes(3, "vlc"));
    CHECK_FALSE(stripes(1, "0"));

    Instance instance(library);
    instance.set(0, text.path());
    CHECK(value_of(instance.update(0, flat(9))) == -1);
    CHECK(value_of(instance.update(1, flat(9))) == -1);
    CHECK(value_of(instance.set(0, model.path()).update(2, flat(9))) == 9);
}

namespace {

// A frame as the graph for FFmpeg gives it: rows of `stride` pixels; white, black, white and the picture.
Pixels marked(int w, int stride, int value) {
    Pixels pixels(static_cast<std::size_t>(stride) * (height + 3), gray(77, 7));
    for (int y = 0; y < height + 3; ++y)
        for (int x = 0; x < w; ++x) pixels[y * stride + x] = gray(y >= 3 ? value : y == 1 ? 0 : 255);
    return pixels;
}

}  // namespace

TEST_CASE("frei0r: the graph for FFmpeg mirrors the clip's end, whatever its times, its length and the rows' padding") {
    const Library library;
    const TemporaryFile model(largest(1, 1));
    const std::vector<std::pair<int, int>> rows = {{8, 8}, {6, 6}, {6, 8}, {6, 16}, {5, 5}, {5, 32},
                                                   {3, 3}, {3, 4}, {2, 2}, {2, 4},  {1, 1}, {1, 4}};
    for (const auto& [w, stride] : rows)
        for (int length = 1; length <= 4; ++length) {
            CAPTURE(w);
            CAPTURE(stride);
            CAPTURE(length);
            Instance instance(library, w, height + 3);
            instance.set(0, model.path()).set(3, "ffmpeg");
            std::vector<int> shown, expected;
            for (int n = 0; n <= length; ++n) {
                const Pixels in = n < length ? marked(w, stride, 10 - n) : Pixels(marked(w, stride, 0).size(), gray(0));
                const Pixels out = instance.update(n == 2 ? 0.0 : no_time, in);
                const std::uint32_t first = out[3 * stride], last = out[(height + 2) * stride + w - 1];
                if (n > 0) shown.push_back(first == last ? value_of({first}) : -1);
                // The largest of a window is the frame before; of the first, whose mirror is the second, itself.
                if (n < length) expected.push_back(10 - std::max(0, n - 1));
            }
            CHECK(shown == expected);
        }
}
