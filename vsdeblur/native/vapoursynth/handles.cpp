#include "handles.h"

#include <exception>
#include <new>

namespace vsdeblur::vs {

std::string current_error(const std::string& function) {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return function + ": not enough memory";
    } catch (const std::exception& error) {
        return function + ": " + error.what();
    } catch (...) {
        return function + ": unknown error";
    }
}

}  // namespace vsdeblur::vs
