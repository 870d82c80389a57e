#include "choice.h"

#include "model/contract.h"
#include "model/weights.h"
#include "runtime/runtime.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace vsdeblur {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> names = {auto_precision, "fp32", "fp16", "bf16", "int8"};

// The fastest precision of weights that ship whose loss is small enough.
std::string fastest(const ModelChoice& choice, const Contract& contract) {
    if (contract.losses.empty()) return contract.precision;
    for (const std::string& precision : provider_precisions(choice.provider, choice.device_id)) {
        if (precision == contract.precision) break;
        const auto loss = contract.losses.find(precision);
        if (loss == contract.losses.end() || loss->second > auto_loss) continue;
        if (precision != "int8" || shipped_file(choice.name, precision)) return precision;
    }
    return contract.precision;
}

fs::path file_of(const std::string& name, const std::string& precision) {
    std::optional<fs::path> file = shipped_file(name, precision);
    if (!file && (precision == "bf16" || precision == "fp16")) file = shipped_file(name, "fp32");
    if (!file) throw Error(no_shipped_file(name, precision));
    return *file;
}

// The contract of weights by name.
Contract checked(const fs::path& file, const std::string& name, const std::string& precision) {
    Contract contract = read_contract(file);
    check_name(file, contract, name);
    check_precision(file, contract.precision, precision);
    if (contract.trained_on == untrained) {
        throw Error("the weights of " + name +
                    " that ship are untrained and do not deblur; model= takes a file of trained ones, which python -m "
                    "export writes");
    }
    return contract;
}

}  // namespace

void check_precision_name(const std::string& precision) {
    if (std::ranges::find(names, precision) == names.end()) {
        throw Error("precision must be auto, fp32, fp16, bf16 or int8, not '" + precision + "'");
    }
}

ChosenModel resolve_model(const ModelChoice& choice) {
    check_precision_name(choice.precision);
    const bool by_itself = choice.precision == auto_precision;
    if (!choice.file.empty()) {
        const Contract contract = read_contract(choice.file);
        check_name(choice.file, contract, choice.name);
        if (by_itself) return {choice.file, contract.precision};
        check_precision(choice.file, contract.precision, choice.precision);
        return {choice.file, choice.precision};
    }
    const std::string first = by_itself ? "fp32" : choice.precision;
    const fs::path file = file_of(choice.name, first);
    const Contract contract = checked(file, choice.name, first);
    if (!by_itself) return {file, first};
    const std::string precision = fastest(choice, contract);
    const fs::path chosen = file_of(choice.name, precision);
    if (chosen != file) checked(chosen, choice.name, precision);
    return {chosen, precision};
}

}  // namespace vsdeblur
