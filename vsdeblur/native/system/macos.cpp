#include "system/library_names.h"
#include "system/system.h"

#include <sys/sysctl.h>

namespace vsdeblur::system {

const LibraryNames& own_names = macos_names;

int usable_cores() {
    // The fast cores, where there are two kinds: a network's parts wait for the slowest.
    for (const char* name : {"hw.perflevel0.physicalcpu", "hw.physicalcpu"}) {
        int cores = 0;
        std::size_t bytes = sizeof cores;
        if (sysctlbyname(name, &cores, &bytes, nullptr, 0) == 0 && cores > 0) return cores;
    }
    return 1;
}

}  // namespace vsdeblur::system
