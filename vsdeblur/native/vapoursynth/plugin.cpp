// The plugin's entry point: names and callbacks, nothing else.
#include "arguments.h"
#include "filter.h"
#include "handles.h"
#include "info.h"

#include <VapourSynth4.h>

#include <charconv>
#include <memory>
#include <string>
#include <string_view>

namespace vsdeblur::vs {
namespace {

constexpr const char* info_name = "Info";

void VS_CC create(const VSMap* in, VSMap* out, void* data, VSCore* core, const VSAPI* api) {
    const Function& function = *static_cast<const Function*>(data);
    const Host host{api, core};
    try {
        Filter::publish(std::make_unique<Filter>(function, read_arguments(function, in, api), host), out, host);
    } catch (...) {
        api->mapSetError(out, current_error(function.name).c_str());
    }
}

void VS_CC info(const VSMap*, VSMap* out, void*, VSCore* core, const VSAPI* api) {
    try {
        write_info(out, {api, core});
    } catch (...) {
        api->mapSetError(out, current_error(info_name).c_str());
    }
}

// MAJOR.MINOR of the version, as the core has it.
int plugin_version() {
    constexpr std::string_view version = VSDEBLUR_VERSION;
    int major = 0;
    int minor = 0;
    const auto [dot, code] = std::from_chars(version.data(), version.data() + version.size(), major);
    if (code == std::errc{} && dot < version.data() + version.size()) {
        std::from_chars(dot + 1, version.data() + version.size(), minor);
    }
    return VS_MAKE_VERSION(major, minor);
}

}  // namespace
}  // namespace vsdeblur::vs

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin* plugin, const VSPLUGINAPI* api) {
    using namespace vsdeblur::vs;
    api->configPlugin("io.github.vsdeblur", "vsdeblur", "Video deblurring", plugin_version(), VAPOURSYNTH_API_VERSION, 0,
                      plugin);
    for (const Function& function : functions()) {
        // The core keeps the pointer and gives it back to create(), which only reads.
        api->registerFunction(function.name, declaration(function).c_str(), "clip:vnode;", create,
                              const_cast<Function*>(&function), plugin);
    }
    api->registerFunction(info_name, "", "any", info, nullptr, plugin);
}
