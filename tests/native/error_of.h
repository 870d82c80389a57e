// What an action says when it fails.
#pragma once

#include "error.h"

#include <functional>
#include <string>

namespace vsdeblur::test {

// The sentence of the Error that an action throws, or "no error".
inline std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace vsdeblur::test
