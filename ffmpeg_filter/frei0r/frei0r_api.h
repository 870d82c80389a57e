// frei0r 1.2 as a filter plugin meets it: the public binary interface, written down here so that a build needs no
// package of frei0r. The specification is at https://frei0r.dyne.org/codedoc/html.
//
// Frames: width * height pixels of 4 bytes, row after row without padding, the top row first, aligned to 16 bytes.
// Threads: f0r_init and f0r_deinit alone; the functions of one instance by one thread at a time; others in any way.
#pragma once

#include <cstdint>

extern "C" {

struct f0r_plugin_info_t {
    const char* name;
    const char* author;
    int plugin_type;
    int color_model;
    int frei0r_version;  // 1
    int major_version;   // of the plugin
    int minor_version;
    int num_params;
    const char* explanation;
};

struct f0r_param_info_t {
    const char* name;
    int type;
    const char* explanation;
};

using f0r_instance_t = void*;
using f0r_param_t = void*;         // points to a value of the parameter's type
using f0r_param_string = char*;    // UTF-8, zero-terminated

inline constexpr int F0R_PLUGIN_TYPE_FILTER = 0;
inline constexpr int F0R_COLOR_MODEL_RGBA8888 = 1;  // bytes R, G, B, A
inline constexpr int F0R_PARAM_STRING = 4;
inline constexpr int FREI0R_MAJOR_VERSION = 1;

#define F0R_EXPORT __attribute__((visibility("default")))

F0R_EXPORT int f0r_init();
F0R_EXPORT void f0r_deinit();
F0R_EXPORT void f0r_get_plugin_info(f0r_plugin_info_t* info);
F0R_EXPORT void f0r_get_param_info(f0r_param_info_t* info, int index);
F0R_EXPORT f0r_instance_t f0r_construct(unsigned width, unsigned height);  // null: the host must refuse
F0R_EXPORT void f0r_destruct(f0r_instance_t instance);
F0R_EXPORT void f0r_set_param_value(f0r_instance_t instance, f0r_param_t value, int index);
F0R_EXPORT void f0r_get_param_value(f0r_instance_t instance, f0r_param_t value, int index);
F0R_EXPORT void f0r_update(f0r_instance_t instance, double time, const std::uint32_t* in, std::uint32_t* out);

}  // extern "C"
