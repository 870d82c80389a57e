#include "error.h"

#include <doctest/doctest.h>

#include <string>

namespace vsdeblur {

TEST_CASE("error: a sentence has no control characters, whatever it names") {
    CHECK(Error("node 'a\n\x1b[2J\r\x7f' is unknown").what() == std::string("node 'a?" "?[2J?" "?' is unknown"));
    CHECK(Error("\xc2\x9b" "31m \xc2\x80\xc2\x9f").what() == std::string("?" "?31m ?" "?" "?" "?"));
}

TEST_CASE("error: other text stays as it is") {
    std::string printable;
    for (char c = 0x20; c < 0x7f; ++c) printable += c;
    const std::string others = "Stra\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x8e\xac";
    for (const std::string& text : {std::string(), printable, others, std::string("\xc2\xa0 \xc2\xb5"), std::string("\xc2")}) {
        CHECK(Error(text).what() == text);
    }
}

}  // namespace vsdeblur
