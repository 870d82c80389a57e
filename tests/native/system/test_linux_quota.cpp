#include "system/linux_quota.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace vsdeblur::system {
namespace {

namespace fs = std::filesystem;

// A tree of control groups.
class Groups {
public:
    explicit Groups(const std::string& membership) {
        std::string pattern = (fs::temp_directory_path() / "vsdeblur_XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        root_ = pattern;
        write("membership", membership);
    }
    ~Groups() { fs::remove_all(root_); }
    Groups(const Groups&) = delete;
    Groups& operator=(const Groups&) = delete;

    void write(const fs::path& file, const std::string& text) const {
        fs::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file) << text;
    }
    std::optional<int> granted() const { return granted_cores(root_ / "mount", root_ / "membership"); }

private:
    fs::path root_;
};

}  // namespace

TEST_CASE("quota: the lowest of a group and those above it, rounded up") {
    const Groups groups("0::/jobs/one\n");
    CHECK(!groups.granted());
    groups.write("mount/jobs/one/cpu.max", "max 100000\n");
    CHECK(!groups.granted());
    groups.write("mount/jobs/cpu.max", "350000 100000\n");
    CHECK(groups.granted() == 4);
    groups.write("mount/jobs/one/cpu.max", "10000 100000\n");
    CHECK(groups.granted() == 1);
    groups.write("mount/other/cpu.max", "1 100000\n");
    CHECK(groups.granted() == 1);
}

TEST_CASE("quota: a container sees its own group as the mount") {
    const Groups whole("0::/\n");
    whole.write("mount/cpu.max", "200000 100000\n");
    CHECK(whole.granted() == 2);
    const Groups outside("0::/docker/0123/../..\n");
    outside.write("mount/cpu.max", "200000 100000\n");
    CHECK(outside.granted() == 2);
}

TEST_CASE("quota: version 1") {
    const Groups groups("12:memory:/m\n4:cpu,cpuacct:/docker/0123\n0::/\n");
    groups.write("mount/cpu/cpu.cfs_quota_us", "-1\n");
    groups.write("mount/cpu/cpu.cfs_period_us", "100000\n");
    CHECK(!groups.granted());
    groups.write("mount/cpu/cpu.cfs_quota_us", "150000\n");
    CHECK(groups.granted() == 2);
}

TEST_CASE("quota: what cannot be read limits nothing") {
    const Groups groups("nonsense\n0:\n0::/a\n");
    groups.write("mount/a/cpu.max", "0 0\n");
    CHECK(!groups.granted());
    groups.write("mount/a/cpu.max", "");
    CHECK(!groups.granted());
    CHECK(!granted_cores("/no/such/mount", "/no/such/file"));
}

}  // namespace vsdeblur::system
