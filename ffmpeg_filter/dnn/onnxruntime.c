// libvsdeblur_dnn.so: stands before ONNX Runtime in a process that runs FFmpeg, and lets dnn_processing run models with
// several frames and a state.
//
// It is loaded before ONNX Runtime (LD_PRELOAD), or in its place under the name libonnxruntime.so.1; then the
// environment variable VSDEBLUR_ONNXRUNTIME names the real library. OrtGetApiBase() gives ONNX Runtime's own table of
// functions with a few replaced. For a session of a model that carries the contract, these act on what session.h shows;
// for every other session they call ONNX Runtime's own. Sessions do not share anything but the list of them.
//
// When frames change their size in mid-stream, ffmpeg builds its filter graph anew and drops the frames that were in the
// old one. With VSDEBLUR_DNN_ONE_CLIP=1 in the environment, a model whose clip was broken off is therefore not opened a
// second time. Players, which break clips off at every seek, leave it unset.
#include "session.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_entries = 1024 };  // of a table, by far

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const ort_base *real_base;
static ort_table real_table;
static ort_entry shown_table[most_entries];
static ort_base shown_base;

// Sessions that are shown as something else than they are.
typedef struct entry {
    const ort_object *session;  // null once it has ended in mid-clip
    shown_session *shown;
    char *path;
    struct entry *next;
} entry;

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static entry *list;

static shown_session *find(const ort_object *session) {
    shown_session *shown = NULL;
    pthread_mutex_lock(&list_mutex);
    for (const entry *e = list; e && !shown; e = e->next)
        if (e->session == session) shown = e->shown;
    pthread_mutex_unlock(&list_mutex);
    return shown;
}

// What tells of the session's input and output.
static const ort_object *face(const ort_object *session) {
    const shown_session *shown = find(session);
    return shown ? face_of(shown) : session;
}

static bool remember(const ort_object *session, shown_session *shown, const char *path) {
    entry *added = malloc(sizeof *added);
    char *copy = strdup(path);
    if (!added || !copy) {
        free(added);
        free(copy);
        return false;
    }
    pthread_mutex_lock(&list_mutex);
    *added = (entry){session, shown, copy, list};
    list = added;
    pthread_mutex_unlock(&list_mutex);
    return true;
}

static bool one_clip(void) {
    const char *value = getenv("VSDEBLUR_DNN_ONE_CLIP");
    return value && strcmp(value, "1") == 0;
}

// Takes a session off the list; of one that was broken off in mid-clip, the path stays where that matters.
static shown_session *forget(const ort_object *session) {
    shown_session *shown = NULL;
    pthread_mutex_lock(&list_mutex);
    for (entry **link = &list; *link; link = &(*link)->next) {
        entry *found = *link;
        if (found->session != session) continue;
        shown = found->shown;
        if (one_clip() && is_broken_off(shown)) {
            found->session = NULL;
            found->shown = NULL;
        } else {
            *link = found->next;
            free(found->path);
            free(found);
        }
        break;
    }
    pthread_mutex_unlock(&list_mutex);
    return shown;
}

static bool was_broken_off(const char *path) {
    bool found = false;
    pthread_mutex_lock(&list_mutex);
    for (const entry *e = list; e && !found; e = e->next) found = !e->session && strcmp(e->path, path) == 0;
    pthread_mutex_unlock(&list_mutex);
    return found;
}

// Shows a session that ONNX Runtime has just made of a model; a model that cannot be shown ends its session.
static ort_status show(const ort_object *env, const char *path, ort_object **session) {
    shown_session *shown = NULL;
    ort_status status = show_session(real_table, env, *session, &shown);
    const char *refused = NULL;
    if (!status && shown && one_clip() && was_broken_off(path))
        refused = "the filter graph was built anew in mid-stream, so frames are lost: all frames must have one size and format";
    else if (!status && shown && !remember(*session, shown, path))
        refused = "there is no memory for it";
    if (refused) {
        hide_session(shown);
        status = ORT(real_table, ort_create_status, create_status_fn)(ort_fail, refused);
    }
    if (!status) return NULL;
    typedef const char *message_fn(const ort_object *);
    enum { ort_error_message = 2 };
    char text[500];
    snprintf(text, sizeof text, "vsdeblur: %s: %s", path, ORT(real_table, ort_error_message, message_fn)(status));
    ORT(real_table, ort_release_status, release_fn)(status);
    ORT(real_table, ort_release_session, release_fn)(*session);
    *session = NULL;
    return ORT(real_table, ort_create_status, create_status_fn)(ort_fail, text);
}

static ort_status create_session(const ort_object *env, const char *path, const ort_object *options, ort_object **session) {
    const ort_status status = ORT(real_table, ort_create_session, create_session_fn)(env, path, options, session);
    return status ? status : show(env, path, session);
}

static ort_status create_session_from_array(const ort_object *env, const void *data, size_t bytes,
                                            const ort_object *options, ort_object **session) {
    const ort_status status = ORT(real_table, ort_create_session_from_array, create_session_from_array_fn)(
        env, data, bytes, options, session);
    return status ? status : show(env, "the model", session);
}

static void release_session(ort_object *session) {
    shown_session *shown = session ? forget(session) : NULL;
    if (shown) hide_session(shown);
    ORT(real_table, ort_release_session, release_fn)(session);
}

static ort_status run(ort_object *session, const ort_object *options, const char *const *input_names,
                      const ort_object *const *inputs, size_t input_count, const char *const *output_names,
                      size_t output_count, ort_object **outputs) {
    shown_session *shown = find(session);
    if (shown) return run_shown(shown, options, inputs, input_count, output_count, outputs);
    return ORT(real_table, ort_run, run_fn)(session, options, input_names, inputs, input_count, output_names,
                                            output_count, outputs);
}

static ort_status input_count(const ort_object *session, size_t *count) {
    return ORT(real_table, ort_session_input_count, session_count_fn)(face(session), count);
}

static ort_status output_count(const ort_object *session, size_t *count) {
    return ORT(real_table, ort_session_output_count, session_count_fn)(face(session), count);
}

static ort_status input_type(const ort_object *session, size_t index, ort_object **type) {
    return ORT(real_table, ort_session_input_type, session_type_fn)(face(session), index, type);
}

static ort_status output_type(const ort_object *session, size_t index, ort_object **type) {
    return ORT(real_table, ort_session_output_type, session_type_fn)(face(session), index, type);
}

static ort_status input_name(const ort_object *session, size_t index, ort_object *allocator, char **name) {
    return ORT(real_table, ort_session_input_name, session_name_fn)(face(session), index, allocator, name);
}

static ort_status output_name(const ort_object *session, size_t index, ort_object *allocator, char **name) {
    return ORT(real_table, ort_session_output_name, session_name_fn)(face(session), index, allocator, name);
}

// How far the memory of the library that holds an address can be read, from there on.
typedef struct {
    uintptr_t address;
    size_t bytes;
} extent;

static int measure(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    extent *wanted = data;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        const uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && wanted->address >= start && wanted->address < end) {
            wanted->bytes = end - wanted->address;
            return 1;
        }
    }
    return 0;
}

// The table grows with every version of ONNX Runtime and does not say how long it is: what follows it is copied too.
static bool copy_table(void) {
    extent found = {(uintptr_t)real_table, 0};
    dl_iterate_phdr(measure, &found);
    size_t entries = found.bytes / sizeof *shown_table;
    if (entries > most_entries) entries = most_entries;
    if (entries < ort_entries) return false;
    memcpy(shown_table, real_table, entries * sizeof *shown_table);
    shown_table[ort_create_session] = (ort_entry)create_session;
    shown_table[ort_create_session_from_array] = (ort_entry)create_session_from_array;
    shown_table[ort_release_session] = (ort_entry)release_session;
    shown_table[ort_run] = (ort_entry)run;
    shown_table[ort_session_input_count] = (ort_entry)input_count;
    shown_table[ort_session_output_count] = (ort_entry)output_count;
    shown_table[ort_session_input_type] = (ort_entry)input_type;
    shown_table[ort_session_output_type] = (ort_entry)output_type;
    shown_table[ort_session_input_name] = (ort_entry)input_name;
    shown_table[ort_session_output_name] = (ort_entry)output_name;
    return true;
}

static ort_table get_api(uint32_t version) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const ort_table table = real_base->get_api(version);
    if (!table) {
        fprintf(stderr, "vsdeblur: ONNX Runtime %s is too old for this program, which needs 1.%u or newer\n",
                real_base->get_version(), (unsigned)version);
        return NULL;
    }
    pthread_mutex_lock(&mutex);
    bool known = real_table != NULL;
    if (!known) {
        real_table = table;
        known = copy_table();
        if (!known) real_table = NULL;
    }
    pthread_mutex_unlock(&mutex);
    if (known) return shown_table;
    fprintf(stderr, "vsdeblur: ONNX Runtime %s keeps its functions where they cannot be copied\n", real_base->get_version());
    return NULL;
}

typedef const ort_base *get_base_fn(void);

static get_base_fn *base_function(void *library) {
    void *symbol = dlsym(library, "OrtGetApiBase");
    get_base_fn *function = NULL;
    memcpy(&function, &symbol, sizeof function);
    return function;
}

static void find_real(void) {
    get_base_fn *function = base_function(RTLD_NEXT);
    const char *path = getenv("VSDEBLUR_ONNXRUNTIME");
    if (!function && path && *path) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library) function = base_function(library);
    }
    if (function) real_base = function();
    if (!real_base) {
        fprintf(stderr, "vsdeblur: ONNX Runtime is not there: VSDEBLUR_ONNXRUNTIME must name libonnxruntime.so\n");
        return;
    }
    shown_base = (ort_base){get_api, real_base->get_version};
}

static ort_table no_api(uint32_t version) {
    (void)version;
    return NULL;
}

static const char *no_version(void) { return "none"; }

// ONNX Runtime's one exported function.
__attribute__((visibility("default"))) const ort_base *OrtGetApiBase(void);
const ort_base *OrtGetApiBase(void) {
    static const ort_base nothing = {no_api, no_version};
    pthread_once(&once, find_real);
    return real_base ? &shown_base : &nothing;
}
