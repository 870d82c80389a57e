#include "system/library_names.h"
#include "system/linux_quota.h"
#include "system/system.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace vsdeblur::system {

const LibraryNames& own_names = linux_names;

int usable_cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    // Fails only on machines with more processors than the set holds; they have at least that many.
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return granted_cores().value_or(CPU_SETSIZE);
    std::set<std::string> cores;  // each by the list of its hardware threads
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        const std::string number = std::to_string(cpu);
        std::ifstream file("/sys/devices/system/cpu/cpu" + number + "/topology/thread_siblings_list");
        std::string siblings;
        if (!std::getline(file, siblings)) siblings = "unknown " + number;
        cores.insert(siblings);
    }
    const int count = std::max(1, static_cast<int>(cores.size()));
    return std::min(count, granted_cores().value_or(count));
}

}  // namespace vsdeblur::system
