// VapourSynth's formats, frames and frame properties to the engine's, and back.
#pragma once

#include "handles.h"
#include "picture/frame.h"
#include "picture/image.h"
#include "runtime/runtime.h"

#include <VapourSynth4.h>

#include <array>
#include <cstdint>

namespace vsdeblur::vs {

// The format of every frame of a clip. Throws Error if it varies or the engine does not read it (see check_format).
Format format_of(const VSVideoInfo& info);

// A frame as the engine reads it; valid as long as `frame`.
//   number: of the frame, for errors
//   format: format_of() its clip; the core ensures that frames of such a clip have it
// Properties:
//   _Range           0 limited, 1 full; else _ColorRange, 0 full, 1 limited, which is all that VapourSynth had before
//                    R78; else what VapourSynth's resizers assume: full for RGB, limited for YUV and GRAY
//   _Matrix          else unspecified
//   _ChromaLocation  else left
//   _SceneChangePrev, _SceneChangeNext  else unknown
// Throws Error when the frame is interlaced (_FieldBased), when a property has a value that it cannot have, or when the
// frame is in a GPU's memory.
FrameView view_of(const VSFrame* frame, int number, const Format& format, const VSAPI* api);

// A new frame: planes that `image` owns are copied, the others are taken from `source` by reference, and so are its
// properties. Throws Error when the core gives no frame.
NewFrame frame_of(const Image& image, const VSFrame* source, const Host& host);

// A whole ratio. {0, 0} is unknown, as VapourSynth has it for the rate of clips whose frames vary in length.
struct Ratio {
    std::int64_t num;
    std::int64_t den;
};

// `ratio` times `factor`, reduced. Throws Error naming `what` when it is beyond 64 bits.
Ratio multiplied(Ratio ratio, std::int64_t factor, const char* what);

// VsdeblurRuntime and VsdeblurPrecision, such as `OpenVINO 2026.4.1 CPU` and `bf16`: what made the frame.
void set_execution(VSMap* properties, const Execution& execution, const VSAPI* api);

// The properties of an instant of an exposure. On entry they are those of the frame that is split.
//   instant: 0..count - 1
//   rate:    frames a second of the clip that is split, or unknown
// _DurationNum and _DurationDen become one part in `count`. _AbsoluteTime (seconds) moves on by `instant` times that; the
// length of a frame without a duration comes from the rate, and where that is unknown too the time stays. Scene changes
// stay on the outermost instants only.
void set_instant(VSMap* properties, int instant, int count, Ratio rate, const VSAPI* api);

}  // namespace vsdeblur::vs
