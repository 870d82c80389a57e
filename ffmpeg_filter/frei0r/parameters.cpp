#include "parameters.h"

#include "choice.h"
#include "system/system.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace vsdeblur::frei0r {

namespace {

std::optional<int> whole_number(std::string_view text) {
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return code == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<std::array<int, 2>> size_of(const std::string& text) {
    if (text == "auto") return std::nullopt;
    const std::size_t cross = text.find('x');
    const std::string_view all = text;
    const auto width = whole_number(all.substr(0, cross));
    const auto height = cross == std::string::npos ? width : whole_number(all.substr(cross + 1));
    if (!width || !height)
        throw Error("tilesize must be auto, N or WIDTHxHEIGHT, such as 256 or 320x240, not '" + text + "'");
    return std::array{*width, *height};
}

double strength_of(const std::string& text) {
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size())
        throw Error("strength must be a number between 0 and " + std::to_string(max_strength) + ", not '" + text + "'");
    return number;
}

// A text with a slash or the ending of a model is a path, and anything else the name of shipped weights.
ModelChoice choice_of(const std::string& text) {
    if (text.empty()) throw Error("model must be a network's name or the path of an .onnx file, not empty");
    ModelChoice choice;
    const bool is_file = text.find('/') != std::string::npos || text.ends_with(".onnx");
    if (is_file) choice.file = system::path_of(text);
    else choice.name = text;
    return choice;
}

}  // namespace

Values initial_values() {
    Values values;
    for (std::size_t i = 0; i < parameters.size(); ++i) values[i] = parameters[i].initial;
    return values;
}

Host host_of(const Values& values) {
    if (values[host] == "editor") return Host::editor;
    if (values[host] == "ffmpeg") return Host::ffmpeg;
    throw Error("host must be editor or ffmpeg, not '" + values[host] + "'");
}

Options options_of(const Values& values) {
    Options options;
    options.tilesize = size_of(values[tilesize]);
    options.provider = values[provider];
    options.strength = strength_of(values[strength]);
    ModelChoice choice = choice_of(values[model]);
    choice.provider = options.provider;
    choice.precision = values[precision];
    const ChosenModel chosen = resolve_model(choice);
    options.model = chosen.file;
    options.precision = chosen.precision;
    return options;
}

}  // namespace vsdeblur::frei0r
