// How frames of a host become frames of a stream, and its outputs frames of the host. frei0r takes one frame and wants
// one back, so outputs come later than their frames by the network's look-ahead, Stream::delay() frames.
#pragma once

#include "clock.h"
#include "stream.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace vsdeblur::frei0r {

class Session {
public:
    virtual ~Session() = default;
    // One call of the host; `in` and `out` may be the same. Throws Error.
    virtual void update(double time, const std::uint32_t* in, std::uint32_t* out) = 0;
};

// For editors. Where time does not go on by one frame, a clip begins. Its first frame is deblurred from itself alone,
// and that is shown until the outputs that use neighbours come. The same frame at the same time gets the same answer.
std::unique_ptr<Session> make_editor_session(int width, int height, const Options& options);

// For the graph of vsdeblur/ffmpeg/frei0r_graph.py. Above the picture are three rows of one colour each: white, black,
// white. They say where rows begin: some versions of FFmpeg (5.1) pad them to 16 to 64 bytes. A frame whose first row
// is black is none of the clip's: the clip has ended. Whatever the times are, each frame follows the one before. The
// graph drops the three rows, and what is given back before the first output.
std::unique_ptr<Session> make_ffmpeg_session(int width, int height, const Options& options);

}  // namespace vsdeblur::frei0r
