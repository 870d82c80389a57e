// The frames of one clip on their way through dnn_processing: marks, windows with mirrored ends, padding.
//
// A frame comes as (channels, height + 1, width) float32 and leaves as (channels, height, width). The row below a frame
// is its mark: 0 for a frame of the clip, 1 for one that the filter graph has put in behind the clip's end. The stream
// looks `reach` = max(before, after) frames ahead: the window around frame n is complete when frame n + reach, or a
// frame put in for it, has come.
//
// Luma is of limited range on the outside, as FFmpeg's gray floats are (16-bit samples / 65535), and of the contract's
// range inside; RGB is 0 to 1 on both sides. A stream is used by one thread at a time.
#pragma once

#include "model_contract.h"

#include <stdbool.h>

typedef struct {
    contract contract;
    int height, width;                // of a frame, without its mark
    int padded_height, padded_width;  // to the multiple
    int reach;
    long frames;   // of the clip that have come
    long beyond;   // frames that have come behind its end
    float **kept;  // the last 2 * reach + 1 frames of the clip, padded: frame n at n % (2 * reach + 1)
} stream;

typedef enum { mark_frame, mark_beyond, mark_missing } mark;

// The stream for frames of this size. Returns false if there is no memory. close_stream() may follow in any case.
bool open_stream(stream *s, const contract *c, int height, int width);
void close_stream(stream *s);

mark read_mark(const stream *s, const float *frame);
// Takes the next frame. A frame of the clip may not follow one that is beyond its end.
void push_frame(stream *s, const float *frame, mark m);
// Fills (window * channels, padded_height, padded_width) with the window that the last push has completed. Returns
// false if it has completed none.
bool next_window(const stream *s, float *window);
// Cuts the current frame out of a run's answer (outputs * channels, padded_height, padded_width).
void take_answer(const stream *s, const float *answer, float *frame);

size_t padded_pixels(const stream *s);
int window_frames(const stream *s);

// The frame number in 0..length - 1 that mirroring at both ends shows at n; the engine's mirror() (window.h).
long mirrored(long n, long length);
