// The part of ONNX Runtime's C API that this library uses; nothing of ONNX Runtime is needed to build.
//
// The API is a table of function pointers that only ever grows at its end, so an entry keeps its place for good. Each
// entry below is a place and a signature, under the name that ONNX Runtime's public header gives it. A function that
// can fail returns a status: null on success, else owned by the caller.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct ort_object ort_object;  // any of ONNX Runtime's opaque objects
typedef ort_object *ort_status;

typedef void (*ort_entry)(void);
typedef const ort_entry *ort_table;

typedef struct {
    ort_table (*get_api)(uint32_t version);  // null if the library is older than the version
    const char *(*get_version)(void);
} ort_base;

enum { ort_fail = 1, ort_invalid_argument = 2 };  // status codes
enum { ort_float32 = 1 };                         // element types

enum ort_place {
    ort_create_status = 0,
    ort_create_session = 7,
    ort_create_session_from_array = 8,
    ort_run = 9,
    ort_create_session_options = 10,
    ort_set_intra_op_threads = 24,
    ort_session_input_count = 30,
    ort_session_output_count = 31,
    ort_session_input_type = 33,
    ort_session_output_type = 34,
    ort_session_input_name = 36,
    ort_session_output_name = 37,
    ort_create_tensor = 48,
    ort_tensor_data = 51,
    ort_element_type = 60,
    ort_dimensions_count = 61,
    ort_dimensions = 62,
    ort_tensor_shape = 65,
    ort_allocator_free = 76,
    ort_default_allocator = 78,
    ort_release_status = 93,
    ort_release_session = 95,
    ort_release_value = 96,
    ort_release_shape = 99,
    ort_release_session_options = 100,
    ort_session_metadata = 111,
    ort_lookup_metadata = 116,
    ort_release_metadata = 118,
    ort_entries = 120,  // more than the last place here
};

typedef ort_status create_status_fn(int code, const char *message);
typedef ort_status create_session_fn(const ort_object *env, const char *path, const ort_object *options, ort_object **);
typedef ort_status create_session_from_array_fn(const ort_object *env, const void *data, size_t bytes,
                                                const ort_object *options, ort_object **);
typedef ort_status run_fn(ort_object *session, const ort_object *options, const char *const *input_names,
                          const ort_object *const *inputs, size_t input_count, const char *const *output_names,
                          size_t output_count, ort_object **outputs);
typedef ort_status create_fn(ort_object **);  // session options, the default allocator (which is not owned)
typedef ort_status set_threads_fn(ort_object *options, int threads);
typedef ort_status session_count_fn(const ort_object *session, size_t *);
typedef ort_status session_type_fn(const ort_object *session, size_t index, ort_object **);
typedef ort_status session_name_fn(const ort_object *session, size_t index, ort_object *allocator, char **);
typedef ort_status create_tensor_fn(ort_object *allocator, const int64_t *shape, size_t rank, int type, ort_object **);
typedef ort_status tensor_data_fn(ort_object *value, void **);
typedef ort_status element_type_fn(const ort_object *shape, int *);
typedef ort_status dimensions_count_fn(const ort_object *shape, size_t *);
typedef ort_status dimensions_fn(const ort_object *shape, int64_t *, size_t count);
typedef ort_status tensor_shape_fn(const ort_object *value, ort_object **);
typedef ort_status allocator_free_fn(ort_object *allocator, void *);
typedef ort_status session_metadata_fn(const ort_object *session, ort_object **);
typedef ort_status lookup_metadata_fn(const ort_object *metadata, ort_object *allocator, const char *key, char **);
typedef void release_fn(ort_object *);

#define ORT(table, place, signature) ((signature *)(table)[place])
