#include "system/linux_quota.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace vsdeblur::system {
namespace {

namespace fs = std::filesystem;

std::optional<int> cores_of(double quota, double period) {
    if (quota <= 0 || period <= 0) return std::nullopt;
    const double cores = quota / period;
    return cores < 1e6 ? std::optional(static_cast<int>(cores) + (cores > static_cast<int>(cores) ? 1 : 0)) : std::nullopt;
}

// `QUOTA PERIOD` or `max PERIOD`, in microseconds, in one file.
std::optional<int> limit_of_version_2(const fs::path& group) {
    std::ifstream file(group / "cpu.max");
    double quota = 0, period = 0;
    return file >> quota >> period ? cores_of(quota, period) : std::nullopt;
}

// Two files; no limit is -1.
std::optional<int> limit_of_version_1(const fs::path& group) {
    std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
    double quota = 0, period = 0;
    return quota_file >> quota && period_file >> period ? cores_of(quota, period) : std::nullopt;
}

}  // namespace

std::optional<int> granted_cores(const fs::path& mount, const fs::path& membership) {
    std::optional<int> least;
    // The group as a container sees it may not be there; then the mount itself is the container's.
    const auto search = [&](const fs::path& root, const std::string& group, auto limit_of) {
        for (fs::path folder = root / fs::path(group).relative_path();; folder = folder.parent_path()) {
            const std::optional<int> limit = limit_of(folder);
            if (limit) least = std::min(least.value_or(*limit), *limit);
            if (folder == root || folder == folder.parent_path()) return;
        }
    };
    std::ifstream file(membership);
    for (std::string line; std::getline(file, line);) {  // NUMBER:CONTROLLERS:GROUP
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        std::string group = line.substr(second + 1);
        while (group.ends_with('/')) group.pop_back();
        if (controllers == ",,") search(mount, group, limit_of_version_2);
        if (controllers.find(",cpu,") != std::string::npos) search(mount / "cpu", group, limit_of_version_1);
    }
    return least;
}

}  // namespace vsdeblur::system
