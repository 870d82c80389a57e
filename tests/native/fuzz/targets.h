// What may be called with arbitrary bytes: the parsers of what strangers wrote. libFuzzer looks for bytes that break
// them (libfuzzer.cpp), and the native tests replay what it kept (test_fuzz.cpp).
#pragma once

#include <array>
#include <string_view>

namespace vsdeblur::test {

// Each returns whatever the bytes are. A promise that the parser does not keep ends the process.
void contract_of_any(std::string_view file);     // model/contract.h, of a whole .onnx file
void metadata_of_any(std::string_view file);     // model/onnx_metadata.h
void json_of_any(std::string_view text);         // model/json.h
void wrapped_of_any(std::string_view values);    // model_contract.h of the library for FFmpeg: values, by form feeds

struct FuzzTarget {
    std::string_view name;
    void (*run)(std::string_view bytes);
};
inline constexpr std::array fuzz_targets = {
    FuzzTarget{"contract", contract_of_any},
    FuzzTarget{"metadata", metadata_of_any},
    FuzzTarget{"json", json_of_any},
    FuzzTarget{"wrapped", wrapped_of_any},
};

}  // namespace vsdeblur::test
