/// @file

#include "tests/bench/load/process_tree.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>

namespace reginfo::bench {
namespace {

struct Stat {
    int parent = 0;
    std::uint64_t ticks = 0;
};

std::optional<Stat> stat_of(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text(std::istreambuf_iterator<char>(file), {});
    const std::size_t name_end = text.rfind(')');
    if (name_end == text.npos) return std::nullopt;
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    Stat stat;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    fields >> skipped >> stat.parent;                 // state, ppid
    for (int i = 5; i <= 13; ++i) fields >> skipped;  // up to cmajflt
    fields >> user >> system;                         // utime, stime
    stat.ticks = user + system;
    return stat;
}

}  // namespace

std::vector<int> ProcessTree::members() const {
    std::vector<int> found;
    if (root_ == 0) return found;
    std::multimap<int, int> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        int pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{})
            continue;
        if (const auto stat = stat_of(pid)) children.emplace(stat->parent, pid);
    }
    found.push_back(root_);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto [begin, end] = children.equal_range(found[i]);
        for (auto it = begin; it != end; ++it) found.push_back(it->second);
    }
    return found;
}

double ProcessTree::cpu_seconds() const {
    std::uint64_t ticks = 0;
    for (const int pid : members()) {
        if (const auto stat = stat_of(pid)) ticks += stat->ticks;
    }
    return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t ProcessTree::resident_bytes() const {
    std::uint64_t kilobytes = 0;
    for (const int pid : members()) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
        for (std::string word; file >> word;) {
            std::uint64_t size = 0;
            if (word == "Pss:" && file >> size) kilobytes += size;
        }
    }
    return kilobytes * 1024;
}

}  // namespace reginfo::bench
