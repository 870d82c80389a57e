// The frei0r plugin `vsdeblur`: instances and callbacks.
//
// A host makes an instance first and sets its parameters later, and may do that before every frame. So the network is
// loaded when a frame comes, and anew when a parameter has changed.
//
// Errors: frei0r has no way to report one after an instance is made. The sentence goes to stderr, once. Then
//   - an editor gets magenta and black stripes in place of the picture, until a parameter changes;
//   - with host=ffmpeg the process ends with status 1, so that no file is left that looks whole.
#include "frei0r_api.h"
#include "parameters.h"
#include "session.h"
#include "system/system.h"

#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <string>

namespace vsdeblur::frei0r {

namespace {

class Instance {
public:
    Instance(unsigned width, unsigned height) : width_(static_cast<int>(width)), height_(static_cast<int>(height)) {}

    void set(std::size_t index, const char* text) {
        const std::lock_guard lock(mutex_);
        if (values_.at(index) == text) return;
        values_[index] = text;
        session_.reset();
        has_failed_ = false;
    }

    // Valid until the next set().
    const char* get(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return values_.at(index).c_str();
    }

    void update(double time, const std::uint32_t* in, std::uint32_t* out) noexcept {
        const std::lock_guard lock(mutex_);
        try {
            if (!has_failed_) {
                if (!session_) session_ = open();
                session_->update(time, in, out);
                return;
            }
        } catch (const std::bad_alloc&) {
            fail("not enough memory");
        } catch (const std::exception& error) {
            fail(error.what());
        }
        paint_failure(width_, static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_), out);
    }

private:
    std::unique_ptr<Session> open() const {
        const auto make = host_of(values_) == Host::ffmpeg ? make_ffmpeg_session : make_editor_session;
        return make(width_, height_, options_of(values_));
    }

    void fail(const char* sentence) {
        std::fprintf(stderr, "vsdeblur: %s\n", sentence);
        if (values_[host] == "ffmpeg") system::end_process(1);
        session_.reset();
        has_failed_ = true;
    }

    const int width_;
    const int height_;
    std::mutex mutex_;  // hosts are known to enter one instance from several threads
    Values values_ = initial_values();
    std::unique_ptr<Session> session_;
    bool has_failed_ = false;
};

Instance& instance_of(f0r_instance_t instance) { return *static_cast<Instance*>(instance); }

bool is_parameter(int index) { return index >= 0 && index < static_cast<int>(parameters.size()); }

}  // namespace
}  // namespace vsdeblur::frei0r

using namespace vsdeblur::frei0r;

int f0r_init() { return 1; }

void f0r_deinit() {}

void f0r_get_plugin_info(f0r_plugin_info_t* info) {
    *info = {"vsdeblur",
             "vsdeblur",
             F0R_PLUGIN_TYPE_FILTER,
             F0R_COLOR_MODEL_RGBA8888,
             FREI0R_MAJOR_VERSION,
             VSDEBLUR_VERSION_MAJOR,
             VSDEBLUR_VERSION_MINOR,
             static_cast<int>(parameters.size()),
             "Takes motion blur out of video"};
}

void f0r_get_param_info(f0r_param_info_t* info, int index) {
    if (!is_parameter(index)) return;
    const Parameter& parameter = parameters[static_cast<std::size_t>(index)];
    *info = {parameter.name, F0R_PARAM_STRING, parameter.explanation};
}

f0r_instance_t f0r_construct(unsigned width, unsigned height) {
    constexpr unsigned most = 1u << 15;  // of FFmpeg's and MLT's own limits the larger
    if (width == 0 || height == 0 || width > most || height > most) return nullptr;
    return new (std::nothrow) Instance(width, height);
}

void f0r_destruct(f0r_instance_t instance) { delete static_cast<Instance*>(instance); }

void f0r_set_param_value(f0r_instance_t instance, f0r_param_t value, int index) {
    const char* text = *static_cast<const f0r_param_string*>(value);
    if (text == nullptr || !is_parameter(index)) return;
    try {
        instance_of(instance).set(static_cast<std::size_t>(index), text);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vsdeblur: %s\n", error.what());
    }
}

void f0r_get_param_value(f0r_instance_t instance, f0r_param_t value, int index) {
    if (!is_parameter(index)) return;
    const char* text = instance_of(instance).get(static_cast<std::size_t>(index));
    // frei0r's strings are not const, but a host only reads them.
    *static_cast<f0r_param_string*>(value) = const_cast<char*>(text);
}

void f0r_update(f0r_instance_t instance, double time, const std::uint32_t* in, std::uint32_t* out) {
    instance_of(instance).update(time, in, out);
}
