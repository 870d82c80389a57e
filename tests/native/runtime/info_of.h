// What the engine says of a runtime.
#pragma once

#include "runtime/runtime.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace vsdeblur::test {

// Of the runtime with this name; a failed test when there is none.
inline RuntimeInfo info_of(const std::string& name) {
    const std::vector<RuntimeInfo> all = runtimes();
    const auto found = std::ranges::find(all, name, &RuntimeInfo::name);
    REQUIRE(found != all.end());
    return *found;
}

}  // namespace vsdeblur::test
