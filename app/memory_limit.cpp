#include "app/memory_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace reginfo {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// The number in the first line of a file; "max" is unlimited, as is a file that is not there.
std::uint64_t number_in(const fs::path& file) {
    std::ifstream stream(file);
    std::uint64_t number = 0;
    return stream >> number ? number : kUnlimited;
}

/// The least of a group's limit and those of the groups around it. In a container the path may be
/// that of the host, and only the topmost group be there: the container's own.
std::uint64_t least_of_groups(const fs::path& mount, fs::path group, const char* file) {
    std::uint64_t least = kUnlimited;
    for (group = group.relative_path();; group = group.parent_path()) {
        least = std::min(least, number_in(mount / group / file));
        if (group.empty()) return least;
    }
}

/// Lines "0::/path" (v2) and "4:memory:/path" (v1, with other controllers beside commas).
std::uint64_t limit_of_groups(const fs::path& root) {
    const fs::path mount = root / "sys/fs/cgroup";
    std::uint64_t least = kUnlimited;
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string group = line.substr(second + 1);
        if (controllers == ",,") {
            least = std::min(least, least_of_groups(mount, group, "memory.max"));
        } else if (controllers.find(",memory,") != std::string::npos) {
            least =
                std::min(least, least_of_groups(mount / "memory", group, "memory.limit_in_bytes"));
        }
    }
    return least;
}

std::uint64_t memory_of_machine(const fs::path& root) {
    std::ifstream file(root / "proc/meminfo");
    std::string name;
    std::uint64_t kibibytes = 0;
    while (file >> name >> kibibytes) {
        if (name == "MemTotal:") return kibibytes * 1024;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return kUnlimited;
}

std::uint64_t limit_of(__rlimit_resource resource) {
    rlimit limit{};
    const bool is_limited = ::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return is_limited ? limit.rlim_cur : kUnlimited;
}

}  // namespace

std::uint64_t available_memory(const fs::path& root) {
    const std::uint64_t least = std::min(memory_of_machine(root), limit_of_groups(root));
    return least == kUnlimited ? 0 : least;
}

void fit_memory(Config& config) {
    std::uint64_t& bytes = config.settings.limits.memory_bytes;
    if (bytes != kAutomaticMemory) return;
    const std::uint64_t available = available_memory();
    const std::uint64_t least = std::min(
        {available == 0 ? kUnlimited : available, limit_of(RLIMIT_AS), limit_of(RLIMIT_DATA)}
    );
    bytes = least == kUnlimited ? 0 : least / 4 * 3;
}

}  // namespace reginfo
