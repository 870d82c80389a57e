#include "runtime/cores.h"

#include "error_of.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

using namespace vsdeblur;
using namespace vsdeblur::test;

TEST_CASE("cores: at least one, or what the environment says") {
    CHECK(usable_cores() >= 1);
    setenv("VSDEBLUR_THREADS", "3", 1);
    CHECK(usable_cores() == 3);
    for (const char* wrong : {"0", "-1", "two", "2x"}) {
        setenv("VSDEBLUR_THREADS", wrong, 1);
        CHECK(error_of([] { usable_cores(); }) ==
              std::string("VSDEBLUR_THREADS must be a whole number of at least 1, not ") + wrong);
    }
    unsetenv("VSDEBLUR_THREADS");
}
