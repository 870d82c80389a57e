// VapourSynth's handles with an owner each, and exceptions turned into its errors.
#pragma once

#include <VapourSynth4.h>

#include <memory>
#include <string>

namespace vsdeblur::vs {

// Both pointers are the core's and outlive every filter.
struct Host {
    const VSAPI* api;
    VSCore* core;
};

struct NodeDelete {
    const VSAPI* api;
    void operator()(VSNode* node) const { api->freeNode(node); }
};
struct FrameDelete {
    const VSAPI* api;
    void operator()(const VSFrame* frame) const { api->freeFrame(frame); }
};
// One reference each. Frames of the first kind are shared and read-only.
using NodeRef = std::unique_ptr<VSNode, NodeDelete>;
using FrameRef = std::unique_ptr<const VSFrame, FrameDelete>;
using NewFrame = std::unique_ptr<VSFrame, FrameDelete>;

// `FUNCTION: sentence` for the exception that is being handled. Call it in a catch block only.
std::string current_error(const std::string& function);

}  // namespace vsdeblur::vs
