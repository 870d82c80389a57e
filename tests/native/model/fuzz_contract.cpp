// The entry that libFuzzer calls with arbitrary bytes; test_contract.cpp drives the same one with mutations of its own:
//   clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -I vsdeblur/native/engine tests/native/model/fuzz_contract.cpp
//       vsdeblur/native/engine/model/{contract,onnx_metadata,json}.cpp
#include "error.h"
#include "model/contract.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

// Returns 0. Any bytes give either a contract within its ranges or an Error; anything else ends the process.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream stream(std::string(reinterpret_cast<const char*>(data), size));
    try {
        const vsdeblur::Contract contract = vsdeblur::read_contract(stream, size, "fuzz.onnx");
        const bool valid = contract.version == vsdeblur::contract_version && contract.before >= 0 &&
                           contract.before <= 15 && contract.after >= 0 && contract.after <= 15 &&
                           contract.outputs() >= 1 && contract.outputs() <= 64 && contract.multiple >= 1 &&
                           contract.multiple <= 256 && contract.receptive_field % 2 == 1 &&
                           contract.states.size() <= 16;
        if (!valid) std::abort();
    } catch (const vsdeblur::Error& error) {
        if (std::string(error.what()).find("fuzz.onnx") != 0) std::abort();
    }
    return 0;
}
