// The library for FFmpeg reads the contract's entries from ONNX Runtime, for which a table of functions stands here.
#include "fuzz/targets.h"

extern "C" {
#include "model_contract.h"
}

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace vsdeblur::test {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

void require(bool holds) {
    if (!holds) std::abort();
}

ort_object* object_of(const Entries& entries) { return reinterpret_cast<ort_object*>(const_cast<Entries*>(&entries)); }

ort_status metadata(const ort_object* session, ort_object** found) {
    *found = const_cast<ort_object*>(session);
    return nullptr;
}

ort_status allocator(ort_object** found) {
    *found = nullptr;
    return nullptr;
}

ort_status lookup(const ort_object* entries, ort_object*, const char* key, char** text) {
    const auto& all = *reinterpret_cast<const Entries*>(entries);
    const auto entry = all.find(key);
    *text = entry == all.end() ? nullptr : strdup(entry->second.c_str());
    return nullptr;
}

ort_status give_back(ort_object*, void* text) {
    std::free(text);
    return nullptr;
}

void release(ort_object*) {}

const ort_entry* table() {
    static const auto entries = [] {
        std::array<ort_entry, ort_entries> all{};
        all[ort_session_metadata] = reinterpret_cast<ort_entry>(metadata);
        all[ort_default_allocator] = reinterpret_cast<ort_entry>(allocator);
        all[ort_lookup_metadata] = reinterpret_cast<ort_entry>(lookup);
        all[ort_allocator_free] = reinterpret_cast<ort_entry>(give_back);
        all[ort_release_metadata] = reinterpret_cast<ort_entry>(release);
        return all;
    }();
    return entries.data();
}

// Values in the order of these keys, with form feeds between; an entry is missing where the text ends.
Entries entries_of(std::string_view text) {
    Entries entries = {{"vsdeblur.contract", "1"}};
    for (const char* key : {"vsdeblur.window", "vsdeblur.color", "vsdeblur.multiple", "vsdeblur.states",
                            "vsdeblur.outputs", "vsdeblur.contract"}) {
        const std::size_t end = text.find('\f');
        entries[key] = text.substr(0, end);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return entries;
}

void require_sound(const contract& found) {
    require(found.before >= 0 && found.before <= 15 && found.after >= 0 && found.after <= 15);
    require(found.channels == 1 || found.channels == 3);
    require(found.multiple >= 1 && found.multiple <= 256);
    require(found.outputs >= 1 && found.outputs <= 64 && found.place >= 0 && found.place < found.outputs);
    require(found.state_count >= 0 && found.state_count <= max_states);
    for (int i = 0; i < found.state_count; ++i) {
        const state_spec& state = found.states[i];
        for (const char* name : {state.input, state.output})
            require(*name != '\0' && std::memchr(name, '\0', max_name) != nullptr);
        require(state.channels >= 1 && state.channels <= 4096);
        require(state.divisor == 1 || state.divisor == 2 || state.divisor == 4 || state.divisor == 8);
    }
}

}  // namespace

void wrapped_of_any(std::string_view text) {
    const Entries entries = entries_of(text);
    contract found;
    std::array<char, 200> why{};
    why.back() = '!';
    const contract_result result = read_contract(table(), object_of(entries), &found, why.data(), why.size() - 1);
    require(why.back() == '!');
    if (result == contract_read) require_sound(found);
    if (result != contract_bad) return;
    require(why.front() != '\0');
    for (const char* c = why.data(); *c != '\0'; ++c) require(*c >= 0x20 && *c < 0x7f);
}

}  // namespace vsdeblur::test
