#include "session.h"

#include "stream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shown_session {
    ort_table api;
    ort_object *session;    // the model's own; the caller's
    ort_object *face;       // of a model that gives its input back, with the shown input and output
    ort_object *allocator;  // ONNX Runtime's
    contract contract;
    pthread_mutex_t running;
    bool probed;
    stream stream;
    ort_object *states[max_states];  // after the last run
};

// The face: ONNX model (IR 8, opset 17), Identity from `frames` to `frames_out`, both (1, C, height, width) float32.
static const char face_model[] =
    "\x08\x08"
    "\x3a\x84\x01\x0a\x1e\x0a\x06" "frames" "\x12\x0a" "frames_out" "\x22\x08" "Identity"
    "\x12\x04" "face"
    "\x5a\x2b\x0a\x06" "frames" "\x12\x21\x0a\x1f\x08\x01\x12\x1b\x0a\x02\x08\x01\x0a\x02\x08\x03"
    "\x0a\x08\x12\x06" "height" "\x0a\x07\x12\x05" "width"
    "\x62\x2f\x0a\x0a" "frames_out" "\x12\x21\x0a\x1f\x08\x01\x12\x1b\x0a\x02\x08\x01\x0a\x02\x08\x03"
    "\x0a\x08\x12\x06" "height" "\x0a\x07\x12\x05" "width"
    "\x42\x04\x0a\x00\x10\x11";

static ort_status error(const shown_session *shown, const char *message) {
    return ORT(shown->api, ort_create_status, create_status_fn)(ort_invalid_argument, message);
}

static ort_status open_face(shown_session *shown, const ort_object *env) {
    char model[sizeof face_model - 1];
    memcpy(model, face_model, sizeof model);
    for (size_t i = 0; i + 5 < sizeof model; ++i)  // the two sizes of C, each a dimension behind one of 1
        if (memcmp(model + i, "\x08\x01\x0a\x02\x08", 5) == 0) model[i + 5] = (char)shown->contract.channels;
    ort_object *options = NULL;
    ort_status status = ORT(shown->api, ort_create_session_options, create_fn)(&options);
    if (!status) status = ORT(shown->api, ort_set_intra_op_threads, set_threads_fn)(options, 1);
    if (!status)
        status = ORT(shown->api, ort_create_session_from_array, create_session_from_array_fn)(
            env, model, sizeof model, options, &shown->face);
    if (options) ORT(shown->api, ort_release_session_options, release_fn)(options);
    return status;
}

ort_status show_session(ort_table api, const ort_object *env, ort_object *session, shown_session **result) {
    char why[300];
    contract found;
    *result = NULL;
    const contract_result read = read_contract(api, session, &found, why, sizeof why);
    if (read == contract_none) return NULL;
    if (read == contract_bad) return ORT(api, ort_create_status, create_status_fn)(ort_fail, why);
    shown_session *shown = calloc(1, sizeof *shown);
    if (!shown) return ORT(api, ort_create_status, create_status_fn)(ort_fail, "there is no memory for it");
    shown->api = api;
    shown->session = session;
    shown->contract = found;
    pthread_mutex_init(&shown->running, NULL);
    ort_status status = ORT(api, ort_default_allocator, create_fn)(&shown->allocator);
    if (!status) status = open_face(shown, env);
    if (status)
        hide_session(shown);
    else
        *result = shown;
    return status;
}

void hide_session(shown_session *shown) {
    for (int i = 0; i < max_states; ++i)
        if (shown->states[i]) ORT(shown->api, ort_release_value, release_fn)(shown->states[i]);
    if (shown->face) ORT(shown->api, ort_release_session, release_fn)(shown->face);
    close_stream(&shown->stream);
    pthread_mutex_destroy(&shown->running);
    free(shown);
}

int is_broken_off(const shown_session *shown) {
    const stream *s = &shown->stream;
    return s->frames > 0 && s->beyond < s->reach;
}

const ort_object *face_of(const shown_session *shown) { return shown->face; }

// A float32 tensor (1, channels, height, width) and its samples.
static ort_status new_tensor(shown_session *shown, int channels, int height, int width, ort_object **value, float **data) {
    const int64_t shape[4] = {1, channels, height, width};
    void *samples = NULL;
    ort_status status =
        ORT(shown->api, ort_create_tensor, create_tensor_fn)(shown->allocator, shape, 4, ort_float32, value);
    if (!status) status = ORT(shown->api, ort_tensor_data, tensor_data_fn)(*value, &samples);
    *data = samples;
    return status;
}

// The sizes of a float32 tensor of rank 4; any other is an error.
static ort_status sizes_of(shown_session *shown, const ort_object *value, int64_t sizes[4]) {
    ort_object *shape = NULL;
    size_t rank = 0;
    int type = 0;
    ort_status status = ORT(shown->api, ort_tensor_shape, tensor_shape_fn)(value, &shape);
    if (!status) status = ORT(shown->api, ort_element_type, element_type_fn)(shape, &type);
    if (!status) status = ORT(shown->api, ort_dimensions_count, dimensions_count_fn)(shape, &rank);
    if (!status && (rank != 4 || type != ort_float32)) status = error(shown, "vsdeblur: the input is no 4-D float32");
    if (!status) status = ORT(shown->api, ort_dimensions, dimensions_fn)(shape, sizes, 4);
    if (shape) ORT(shown->api, ort_release_shape, release_fn)(shape);
    return status;
}

static ort_status start_states(shown_session *shown) {
    ort_status status = NULL;
    for (int i = 0; !status && i < shown->contract.state_count; ++i) {
        const state_spec *spec = &shown->contract.states[i];
        const int height = shown->stream.padded_height / spec->divisor, width = shown->stream.padded_width / spec->divisor;
        float *data = NULL;
        status = new_tensor(shown, spec->channels, height, width, &shown->states[i], &data);
        if (!status) memset(data, 0, (size_t)spec->channels * (size_t)height * (size_t)width * sizeof *data);
    }
    return status;
}

// The first run: sets the size.
static ort_status probe(shown_session *shown, const int64_t sizes[4]) {
    const contract *c = &shown->contract;
    if (sizes[0] != 1 || sizes[1] != c->channels || sizes[2] < 2 || sizes[3] < 1 || sizes[2] > 65536 || sizes[3] > 65536)
        return error(shown, "vsdeblur: the frames have another shape than the filter graph of vsdeblur ffmpeg-graph gives");
    if (!open_stream(&shown->stream, c, (int)sizes[2] - 1, (int)sizes[3])) {
        close_stream(&shown->stream);
        return error(shown, "vsdeblur: there is no memory for the frames");
    }
    shown->probed = true;
    return start_states(shown);
}

// Runs the network on the tensor of a complete window; the states move on, and *answer is the frames' output.
static ort_status run_network(shown_session *shown, const ort_object *options, const ort_object *window,
                              ort_object **answer) {
    const int count = shown->contract.state_count;
    const char *input_names[1 + max_states] = {"frames"}, *output_names[1 + max_states] = {"frames_out"};
    const ort_object *inputs[1 + max_states] = {window};
    ort_object *outputs[1 + max_states] = {NULL};
    for (int i = 0; i < count; ++i) {
        input_names[1 + i] = shown->contract.states[i].input;
        output_names[1 + i] = shown->contract.states[i].output;
        inputs[1 + i] = shown->states[i];
    }
    const size_t tensors = 1 + (size_t)count;
    const ort_status status = ORT(shown->api, ort_run, run_fn)(shown->session, options, input_names, inputs, tensors,
                                                               output_names, tensors, outputs);
    if (status) return status;
    *answer = outputs[0];
    for (int i = 0; i < count; ++i) {
        ORT(shown->api, ort_release_value, release_fn)(shown->states[i]);
        shown->states[i] = outputs[1 + i];
    }
    return NULL;
}

// The frame whose window is complete, or zeros if none is.
static ort_status answer_frame(shown_session *shown, const ort_object *options, float *frame) {
    const stream *s = &shown->stream;
    const contract *c = &shown->contract;
    ort_object *window = NULL, *answer = NULL;
    float *data = NULL;
    void *samples = NULL;
    int64_t sizes[4];
    const int channels = window_frames(s) * c->channels;
    ort_status status = new_tensor(shown, channels, s->padded_height, s->padded_width, &window, &data);
    if (!status && next_window(s, data)) {
        status = run_network(shown, options, window, &answer);
        if (!status) status = sizes_of(shown, answer, sizes);
        if (!status && (sizes[1] != c->outputs * c->channels || sizes[2] != s->padded_height || sizes[3] != s->padded_width))
            status = error(shown, "vsdeblur: the model's output has another shape than its contract says");
        if (!status) status = ORT(shown->api, ort_tensor_data, tensor_data_fn)(answer, &samples);
        if (!status) take_answer(s, samples, frame);
    } else if (!status) {
        memset(frame, 0, (size_t)c->channels * (size_t)s->height * (size_t)s->width * sizeof *frame);
    }
    if (answer) ORT(shown->api, ort_release_value, release_fn)(answer);
    if (window) ORT(shown->api, ort_release_value, release_fn)(window);
    return status;
}

// Takes a frame into the stream, or says why it cannot.
static ort_status take_frame(shown_session *shown, const int64_t sizes[4], const float *samples) {
    stream *s = &shown->stream;
    char why[200];
    if (sizes[0] != 1 || sizes[1] != s->contract.channels || sizes[2] != s->height + 1 || sizes[3] != s->width) {
        snprintf(why, sizeof why,
                 "vsdeblur: the frames change from %dx%d to %dx%d in mid-stream, and a clip has one size", s->width,
                 s->height, (int)sizes[3], (int)sizes[2] - 1);
        return error(shown, why);
    }
    const mark m = read_mark(s, samples);
    if (m == mark_missing)
        return error(shown, "vsdeblur: the frames carry no marks: use the filter graph of vsdeblur ffmpeg-graph --via wrapper");
    if (m == mark_frame && s->beyond > 0) return error(shown, "vsdeblur: a frame came behind the clip's end");
    push_frame(s, samples, m);
    return NULL;
}

static ort_status run_locked(shown_session *shown, const ort_object *options, ort_object *input, ort_object **output) {
    int64_t sizes[4];
    void *samples = NULL;
    float *frame = NULL;
    ort_status status = sizes_of(shown, input, sizes);
    if (!status) status = ORT(shown->api, ort_tensor_data, tensor_data_fn)(input, &samples);
    if (status) return status;
    const bool probing = !shown->probed;
    status = probing ? probe(shown, sizes) : take_frame(shown, sizes, samples);
    if (status) return status;
    const stream *s = &shown->stream;
    status = new_tensor(shown, s->contract.channels, s->height, s->width, output, &frame);
    if (!status && probing)
        memset(frame, 0, (size_t)s->contract.channels * (size_t)s->height * (size_t)s->width * sizeof *frame);
    else if (!status)
        status = answer_frame(shown, options, frame);
    if (status && *output) {
        ORT(shown->api, ort_release_value, release_fn)(*output);
        *output = NULL;
    }
    return status;
}

ort_status run_shown(shown_session *shown, const ort_object *options, const ort_object *const *inputs,
                     size_t input_count, size_t output_count, ort_object **outputs) {
    if (input_count != 1 || output_count != 1 || outputs[0])
        return error(shown, "vsdeblur: a run takes one input and gives one output that it makes itself");
    pthread_mutex_lock(&shown->running);
    ort_object *input = (ort_object *)(uintptr_t)inputs[0];  // its samples are only read
    const ort_status status = run_locked(shown, options, input, outputs);
    pthread_mutex_unlock(&shown->running);
    return status;
}
