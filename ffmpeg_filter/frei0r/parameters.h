// The parameters that a host's user sets. All are texts: frei0r's numbers lie between 0 and 1.
#pragma once

#include "engine.h"

#include <array>
#include <string>

namespace vsdeblur::frei0r {

enum Index : std::size_t { model, tilesize, provider, host, precision, strength };

struct Parameter {
    const char* name;
    const char* initial;
    const char* explanation;
};

inline constexpr std::array<Parameter, 6> parameters = {{
    {"model", "DTB", "A network's name, such as DTB, or the path of an .onnx file"},
    {"tilesize", "auto", "Pixels of a tile, N or WIDTHxHEIGHT, overlaps included; auto by the frame's size; 0 is the whole frame"},
    {"provider", "", "Where the network runs, such as OpenVINO:GPU or CUDA; empty is the CPU"},
    {"host", "editor", "editor, or ffmpeg in the graph that vsdeblur ffmpeg-graph prints"},
    {"precision", "auto", "auto, fp32, fp16, bf16 or int8: what the network computes in"},
    {"strength", "1", "How much of the network's change is applied, 0 to 4"},
}};

using Values = std::array<std::string, parameters.size()>;

Values initial_values();

enum class Host {
    editor,  // gives frames at any time and in any order, and shows whatever comes back
    ffmpeg,  // gives the frames of one clip in order through the graph of vsdeblur/ffmpeg/frei0r_graph.py
};

// Throw Error, a sentence that begins with the parameter's name, for a value that is not allowed.
Host host_of(const Values& values);
Options options_of(const Values& values);

}  // namespace vsdeblur::frei0r
