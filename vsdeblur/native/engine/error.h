// The one exception that the engine throws for anything a user can cause or mend.
#pragma once

#include <stdexcept>
#include <string>

namespace vsdeblur {

// what() is one sentence without prefix and without a final full stop: it names what was wrong and what is allowed.
// Hosts put their own prefix before it (`RVD: overlap must be at least 0`).
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& sentence) : std::runtime_error(sentence) {}
};

}  // namespace vsdeblur
