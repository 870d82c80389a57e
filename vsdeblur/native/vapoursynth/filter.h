// The filter: answers VapourSynth's requests for frames with an engine. It never waits for a frame, and never holds
// more source frames than the engine asks for at a time.
#pragma once

#include "arguments.h"
#include "engine.h"
#include "frames.h"
#include "handles.h"

#include <VapourSynth4.h>

#include <set>
#include <string>
#include <vector>

namespace vsdeblur::vs {

class Filter {
public:
    // Throws Error for everything that can be known before the first frame.
    Filter(const Function& function, Arguments arguments, const Host& host);

    // VSFilterGetFrame's work, apart from errors. Returns a frame, which the caller owns, or null after requesting source
    // frames. Thread-safe, except that calls with one `frame_data` follow each other.
    const VSFrame* get_frame(int n, int activation, void** frame_data, VSFrameContext* context, const Host& host);

    // Hands a filter to the core as a node in `out`.
    static void publish(std::unique_ptr<Filter> filter, VSMap* out, const Host& host);

    const std::string& name() const { return name_; }
    // What it has done, for the log: `DTB: 300 frames, 312 network runs in OpenVINO 2026.4.1 CPU, fp32`.
    std::string summary() const;
    bool talks() const { return verbosity_ >= 3; }

private:
    // An output frame on its way; it stands in the core's frame data from the first call for it to the last.
    struct Pending {
        Request request;
        std::vector<int> wanted;  // the engine's list; valid until it advances
        std::set<int> held;       // source frames that the core keeps for this request
    };

    bool request_frames(Pending& pending, VSFrameContext* context, const VSAPI* api) const;
    NewFrame advance(Pending& pending, VSFrameContext* context, const Host& host);
    NewFrame output(int n, const Image& image, const VSFrame* source, const Host& host) const;

    std::string name_;
    int verbosity_;
    int mode_;  // VSFilterMode
    NodeRef clip_;
    VSVideoInfo source_info_;
    Format format_;
    Engine engine_;
    VSVideoInfo info_;
    Execution execution_;
};

}  // namespace vsdeblur::vs
