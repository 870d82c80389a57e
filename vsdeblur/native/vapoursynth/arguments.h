// What the plugin's functions take, and the reading of it.
#pragma once

#include "engine.h"
#include "handles.h"

#include <VapourSynth4.h>

#include <span>
#include <string>

namespace vsdeblur::vs {

// A function that deblurs a clip.
struct Function {
    const char* name;     // as users call it, and as errors begin
    const char* network;  // the name in the contract of every model that it runs; null: any, from a file
    const char* special;  // its own arguments, as VapourSynth declares them: some of stride, segment, preroll, refine
};

// RUNet, RVD, DBLRNet, DBLRGAN, DTB, SharpSequence, Model.
std::span<const Function> functions();

// The function's arguments as VapourSynth declares them. Names and types that vs-mlrt has too mean the same there.
std::string declaration(const Function& function);

struct Arguments {
    NodeRef clip;
    Options options;
};

// Reads what the user gave. `in` has the names and types of declaration(); the core saw to that.
// Throws Error as resolve_model does, and when an argument has a form that Options cannot hold. The engine checks the rest.
Arguments read_arguments(const Function& function, const VSMap* in, const VSAPI* api);

}  // namespace vsdeblur::vs
