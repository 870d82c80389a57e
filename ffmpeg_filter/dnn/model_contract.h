// What this library needs of a model's contract (vsdeblur/contract.py has the specification).
#pragma once

#include "ort.h"

enum { max_states = 16, max_name = 65 };

typedef struct {
    char input[max_name];
    char output[max_name];
    int channels;
    int divisor;  // height of the frame / height of the state
} state_spec;

typedef struct {
    int before, after;  // neighbour frames read
    int channels;       // of one frame: 1 (luma) or 3 (RGB)
    int multiple;       // height and width divide by it
    int outputs;        // frames that one run gives
    int place;          // which of them is the current one
    int state_count;
    state_spec states[max_states];
} contract;

typedef enum { contract_none, contract_read, contract_bad } contract_result;

// Reads the contract of a session. contract_none: the model carries none. contract_bad: `why` is a sentence that says
// what is wrong with it, or why FFmpeg's dnn_processing cannot run it.
contract_result read_contract(ort_table api, const ort_object *session, contract *found, char *why, size_t size);

// Parses the value of vsdeblur.states. Returns 0 on success; exposed for its tests.
int parse_states(const char *text, contract *found);
