// A session of a model with the contract, as dnn_processing sees it: one input (1, C, H + 1, W) and one output
// (1, C, H, W), called `frames` and `frames_out` (stream.h says what is in them).
//
// FFmpeg runs a model once before the first frame, on memory that holds anything, to learn the output's size. So the
// first run of a session is its probe: it sets the size of the frames, gives zeros, and touches neither window nor state.
// So do the runs before the first window is complete; their answers are for the filter graph to drop.
#pragma once

#include "ort.h"

typedef struct shown_session shown_session;

// What to show for a new session. Returns null on success; *shown is null then if the model carries no contract, and is
// to be used as it is. Otherwise returns a status whose message says what is wrong. The session stays the caller's.
ort_status show_session(ort_table api, const ort_object *env, ort_object *session, shown_session **shown);
// Ends what is shown, not the session.
void hide_session(shown_session *shown);

// Whether frames have come whose answers have not left: the clip was broken off before its end.
int is_broken_off(const shown_session *shown);

// The session that tells of the input and the output.
const ort_object *face_of(const shown_session *shown);

// The entry Run. Any thread may call it; runs of one session follow each other.
ort_status run_shown(shown_session *shown, const ort_object *options, const ort_object *const *inputs,
                     size_t input_count, size_t output_count, ort_object **outputs);
