// How many cores a network's runs take.
#pragma once

namespace vsdeblur {

// What the environment variable VSDEBLUR_THREADS says, read at every call, else system::usable_cores(); at least 1. Throws
// Error when the variable is not a whole number of at least 1. Thread-safe as the environment is.
int usable_cores();

}  // namespace vsdeblur
