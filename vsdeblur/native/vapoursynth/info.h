// What Info() tells.
#pragma once

#include "handles.h"

#include <VapourSynth4.h>

namespace vsdeblur::vs {

// Writes into `out`; all values are text, unless another type is named:
//   version           of the plugin
//   contract          the newest contract version that is understood, int
//   vapoursynth       the core's release and API, such as `R81, API 4.3`
//   runtime           such as `ONNX Runtime 1.31.1`, or the sentence that says why there is none
//   runtime_path, runtime_origin   which library, and where it was found; missing if there is none
//   providers         list of what `provider` takes, apart from ""; missing if there is no runtime
//   weights           the folder of shipped weights, or the sentence that says why there is none
//   models            list of JSON objects, one for each shipped file, with the keys name, precision, path, sha256, and
//                     window, outputs, color, trained_on, license, metrics of its contract, or error if it is not sound;
//                     missing if there are none
// A machine without runtime, weights or models is no error.
void write_info(VSMap* out, const Host& host);

}  // namespace vsdeblur::vs
