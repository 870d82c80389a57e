#include "model_contract.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { max_neighbours = 15, max_multiple = 256, max_channels = 4096, max_outputs = 64 };

// A number from `least` to `most` at *text, which then points behind it.
static bool take_number(const char **text, int least, int most, int *value) {
    int number = 0, digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 9; ++*text, ++digits) number = number * 10 + (**text - '0');
    if (digits == 0 || number < least || number > most) return false;
    *value = number;
    return true;
}

static bool take(const char **text, char wanted) {
    *text += strspn(*text, " \t\r\n");
    if (**text != wanted) return false;
    ++*text;
    return true;
}

// A JSON string without escape sequences, as the contract has them.
static bool take_string(const char **text, char *value, size_t size) {
    if (!take(text, '"')) return false;
    const size_t length = strcspn(*text, "\"\\");
    if ((*text)[length] != '"' || length >= size) return false;
    memcpy(value, *text, length);
    value[length] = '\0';
    *text += length + 1;
    return true;
}

static bool take_scale(const char **text, int *divisor) {
    static const struct {
        const char *text;
        int divisor;
    } scales[] = {{"0.125", 8}, {"0.25", 4}, {"0.5", 2}, {"1.0", 1}, {"1", 1}};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; ++i) {
        const size_t length = strlen(scales[i].text);
        if (strncmp(*text, scales[i].text, length) != 0) continue;
        *text += length;
        *divisor = scales[i].divisor;
        return true;
    }
    return false;
}

static bool take_zero(const char **text) {
    if (**text != '0') return false;
    *text += strncmp(*text, "0.0", 3) == 0 ? 3 : 1;
    return true;
}

static bool take_member(const char **text, state_spec *state) {
    char key[16];
    if (!take_string(text, key, sizeof key) || !take(text, ':')) return false;
    *text += strspn(*text, " \t\r\n");
    if (strcmp(key, "input") == 0) return take_string(text, state->input, sizeof state->input);
    if (strcmp(key, "output") == 0) return take_string(text, state->output, sizeof state->output);
    if (strcmp(key, "channels") == 0) return take_number(text, 1, max_channels, &state->channels);
    if (strcmp(key, "scale") == 0) return take_scale(text, &state->divisor);
    return strcmp(key, "initial") == 0 && take_zero(text);
}

static bool take_state(const char **text, state_spec *state) {
    if (!take(text, '{')) return false;
    do {
        if (!take_member(text, state)) return false;
    } while (take(text, ','));
    return take(text, '}') && state->input[0] && state->output[0] && state->channels && state->divisor;
}

int parse_states(const char *text, contract *found) {
    found->state_count = 0;
    if (!take(&text, '[')) return -1;
    if (!take(&text, ']')) {
        do {
            if (found->state_count == max_states) return -1;
            state_spec *state = &found->states[found->state_count++];
            memset(state, 0, sizeof *state);
            if (!take_state(&text, state)) return -1;
        } while (take(&text, ','));
        if (!take(&text, ']')) return -1;
    }
    return text[strspn(text, " \t\r\n")] == '\0' ? 0 : -1;
}

static bool parse_window(const char *text, contract *found) {
    return take_number(&text, 0, max_neighbours, &found->before) && *text++ == ',' &&
           take_number(&text, 0, max_neighbours, &found->after) && *text == '\0';
}

static bool parse_multiple(const char *text, contract *found) {
    return take_number(&text, 1, max_multiple, &found->multiple) && *text == '\0';
}

static bool parse_color(const char *text, contract *found) {
    found->channels = strcmp(text, "luma") == 0 ? 1 : strcmp(text, "rgb") == 0 ? 3 : 0;
    return found->channels != 0;
}

static bool parse_outputs(const char *text, contract *found) {
    found->outputs = 0;
    found->place = -1;
    for (;; ++text) {
        int offset = 0;
        const bool negative = *text == '-';
        if (negative) ++text;
        if (!take_number(&text, 0, max_neighbours, &offset) || found->outputs == max_outputs) return false;
        if (offset == 0) found->place = found->outputs;
        ++found->outputs;
        if (*text != ',') break;
    }
    return *text == '\0' && found->place >= 0;
}

static bool parse_states_entry(const char *text, contract *found) { return parse_states(text, found) == 0; }

static const struct {
    const char *key;
    bool (*parse)(const char *, contract *);
} entries[] = {
    {"vsdeblur.window", parse_window},     {"vsdeblur.color", parse_color},   {"vsdeblur.multiple", parse_multiple},
    {"vsdeblur.states", parse_states_entry}, {"vsdeblur.outputs", parse_outputs},
};

// Metadata in a sentence stays on its line, and moves no cursor.
static void keep_printable(char *text) {
    for (; *text; ++text)
        if (*text < 0x20 || *text > 0x7e) *text = '?';
}

// An entry of the metadata as a string for free(), or null.
static char *lookup(ort_table api, const ort_object *metadata, const char *key) {
    ort_object *allocator = NULL;
    char *text = NULL, *copy = NULL;
    ort_status status = ORT(api, ort_default_allocator, create_fn)(&allocator);
    if (!status) status = ORT(api, ort_lookup_metadata, lookup_metadata_fn)(metadata, allocator, key, &text);
    if (!status && text) {
        copy = strdup(text);
        status = ORT(api, ort_allocator_free, allocator_free_fn)(allocator, text);
    }
    if (status) ORT(api, ort_release_status, release_fn)(status);
    return copy;
}

static contract_result parse_entries(ort_table api, const ort_object *metadata, contract *found, char *why, size_t size) {
    for (size_t i = 0; i < sizeof entries / sizeof *entries; ++i) {
        char *text = lookup(api, metadata, entries[i].key);
        if (text && strncmp(text, "subframes:", 10) == 0) {
            snprintf(why, size, "it gives %.9s frames for each frame, and dnn_processing gives one", text + 10);
        } else if (!text) {
            snprintf(why, size, "its contract lacks %s", entries[i].key);
        } else if (!entries[i].parse(text, found)) {
            snprintf(why, size, "its contract is malformed: %s is %.100s", entries[i].key, text);
        } else {
            free(text);
            continue;
        }
        free(text);
        return contract_bad;
    }
    return contract_read;
}

contract_result read_contract(ort_table api, const ort_object *session, contract *found, char *why, size_t size) {
    ort_object *metadata = NULL;
    ort_status status = ORT(api, ort_session_metadata, session_metadata_fn)(session, &metadata);
    if (status) {
        ORT(api, ort_release_status, release_fn)(status);
        return contract_none;
    }
    char *version = lookup(api, metadata, "vsdeblur.contract");
    contract_result result = contract_none;
    if (version && strcmp(version, "1") == 0) {
        memset(found, 0, sizeof *found);
        result = parse_entries(api, metadata, found, why, size);
    } else if (version) {
        snprintf(why, size, "its contract has version %.20s, and this vsdeblur knows version 1", version);
        result = contract_bad;
    }
    if (result == contract_bad) keep_printable(why);
    free(version);
    ORT(api, ort_release_metadata, release_fn)(metadata);
    return result;
}
