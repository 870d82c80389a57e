// What control groups grant a process, as containers and services limit it. Internal to Linux and its tests.
#pragma once

#include <filesystem>
#include <optional>

namespace vsdeblur::system {

// Cores' worth of time, rounded up, that this process may use in a period; nothing if no limit is set. The lowest limit
// counts of those of the group and all above it, of version 1 or 2 of control groups.
//   mount: where the groups are mounted
//   membership: the file that says which groups this process is in
std::optional<int> granted_cores(const std::filesystem::path& mount = "/sys/fs/cgroup",
                                 const std::filesystem::path& membership = "/proc/self/cgroup");

}  // namespace vsdeblur::system
