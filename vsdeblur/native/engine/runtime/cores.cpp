#include "runtime/cores.h"

#include "error.h"
#include "system/system.h"

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace vsdeblur {

int usable_cores() {
    constexpr const char* name = "VSDEBLUR_THREADS";
    const std::optional<std::string> text = system::environment(name);
    if (!text) return system::usable_cores();
    int count = 0;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (failure != std::errc() || end != text->data() + text->size() || count < 1)
        throw Error(std::string(name) + " must be a whole number of at least 1, not " + *text);
    return count;
}

}  // namespace vsdeblur
