#include "stream.h"

#include <stdlib.h>
#include <string.h>

static const float black = (float)(16 << 8) / 65535.0f;
static const float luma_span = (float)(219 << 8) / 65535.0f;

static int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

static int slots(const stream *s) { return 2 * s->reach + 1; }

size_t padded_pixels(const stream *s) { return (size_t)s->padded_height * (size_t)s->padded_width; }

int window_frames(const stream *s) { return s->contract.before + 1 + s->contract.after; }

static size_t kept_bytes(const stream *s) {
    return padded_pixels(s) * (size_t)s->contract.channels * sizeof(float);
}

bool open_stream(stream *s, const contract *c, int height, int width) {
    memset(s, 0, sizeof *s);
    s->contract = *c;
    s->height = height;
    s->width = width;
    s->padded_height = round_up(height, c->multiple);
    s->padded_width = round_up(width, c->multiple);
    s->reach = c->before > c->after ? c->before : c->after;
    s->kept = calloc((size_t)slots(s), sizeof *s->kept);
    for (int i = 0; s->kept && i < slots(s); ++i) {
        s->kept[i] = malloc(kept_bytes(s));
        if (!s->kept[i]) return false;
    }
    return s->kept != NULL;
}

void close_stream(stream *s) {
    for (int i = 0; s->kept && i < slots(s); ++i) free(s->kept[i]);
    free(s->kept);
    s->kept = NULL;
}

mark read_mark(const stream *s, const float *frame) {
    bool clip = true, beyond = true;
    const size_t width = (size_t)s->width, height = (size_t)s->height;
    for (size_t c = 0; c < (size_t)s->contract.channels; ++c) {
        const float *row = frame + (c * (height + 1) + height) * width;
        for (size_t x = 0; x < width; ++x) {
            clip = clip && row[x] < 0.25f;
            beyond = beyond && row[x] > 0.75f;
        }
    }
    return clip ? mark_frame : beyond ? mark_beyond : mark_missing;
}

long mirrored(long n, long length) {
    if (length == 1) return 0;
    while (n < 0 || n >= length) n = n < 0 ? -n : 2 * (length - 1) - n;
    return n;
}

// One plane into the contract's range, padded by reflection about the last row and the last column.
static void pad_plane(const stream *s, const float *from, float *to) {
    const bool luma = s->contract.channels == 1;
    const size_t width = (size_t)s->width, padded = (size_t)s->padded_width;
    for (int y = 0; y < s->padded_height; ++y) {
        const float *in = from + (size_t)mirrored(y, s->height) * width;
        float *out = to + (size_t)y * padded;
        if (luma)
            for (size_t x = 0; x < width; ++x) out[x] = (in[x] - black) / luma_span;
        else
            memcpy(out, in, width * sizeof *out);
        for (int x = s->width; x < s->padded_width; ++x) out[x] = out[mirrored(x, s->width)];
    }
}

void push_frame(stream *s, const float *frame, mark m) {
    if (m == mark_beyond) {
        ++s->beyond;
        return;
    }
    float *kept = s->kept[s->frames % slots(s)];
    for (int c = 0; c < s->contract.channels; ++c)
        pad_plane(s, frame + (size_t)c * (size_t)(s->height + 1) * (size_t)s->width, kept + (size_t)c * padded_pixels(s));
    ++s->frames;
}

bool next_window(const stream *s, float *window) {
    const long centre = s->frames + s->beyond - 1 - s->reach;
    if (centre < 0 || centre >= s->frames) return false;
    for (int t = 0; t < window_frames(s); ++t) {
        const long n = mirrored(centre - s->contract.before + t, s->frames);
        memcpy(window, s->kept[n % slots(s)], kept_bytes(s));
        window += kept_bytes(s) / sizeof *window;
    }
    return true;
}

void take_answer(const stream *s, const float *answer, float *frame) {
    const size_t channels = (size_t)s->contract.channels, width = (size_t)s->width;
    const float *from = answer + (size_t)s->contract.place * channels * padded_pixels(s);
    for (size_t c = 0; c < channels; ++c)
        for (size_t y = 0; y < (size_t)s->height; ++y, frame += width) {
            const float *row = from + c * padded_pixels(s) + y * (size_t)s->padded_width;
            if (channels == 1)
                for (size_t x = 0; x < width; ++x) frame[x] = row[x] * luma_span + black;
            else
                memcpy(frame, row, width * sizeof *frame);
        }
}
