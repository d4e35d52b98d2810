#include "metrics/process_collector.hpp"

#include "metrics/families.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace reginfo::metrics {
namespace {

/// Fields of /proc/self/stat, in ticks and pages (proc(5)).
struct ProcessStat {
    double user_ticks = 0;
    double system_ticks = 0;
    double start_ticks = 0;  ///< after boot
    double virtual_bytes = 0;
    double resident_pages = 0;
};

std::optional<ProcessStat> read_stat() {
    std::ifstream file("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t end_of_name = text.rfind(')');  // the name itself may hold anything
    if (end_of_name == std::string::npos) return std::nullopt;

    std::istringstream fields(text.substr(end_of_name + 1));
    std::string skipped;
    const auto skip = [&](int count) {
        for (int i = 0; i < count; ++i) fields >> skipped;
    };
    ProcessStat stat;
    skip(11);  // from field 3, state, to 13
    fields >> stat.user_ticks >> stat.system_ticks;
    skip(6);
    fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
    if (!fields) return std::nullopt;
    return stat;
}

/// When the system was booted, in seconds since 1970.
std::optional<double> read_boot_time() {
    std::ifstream file("/proc/stat");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    }
    return std::nullopt;
}

/// Since Linux 6.2 the size of the directory is their number; else they are counted.
std::optional<double> count_open_files() {
    struct stat directory{};
    if (::stat("/proc/self/fd", &directory) == 0 && directory.st_size > 0) {
        return static_cast<double>(directory.st_size);
    }
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc/self/fd", error);
    double count = 0;
    while (!error && entry != std::filesystem::directory_iterator()) {
        ++count;
        entry.increment(error);
    }
    if (error) return std::nullopt;
    return count - 1;  // the one that reads the directory
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
    Families families;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    if (const std::optional<ProcessStat> stat = read_stat()) {
        families.add(
            "process_cpu_seconds_total",
            "User and system CPU time.",
            (stat->user_ticks + stat->system_ticks) / ticks
        );
        families.add(
            "process_resident_memory_bytes", "Resident memory.", stat->resident_pages * page
        );
        families.add("process_virtual_memory_bytes", "Virtual memory.", stat->virtual_bytes);
        if (const std::optional<double> boot = read_boot_time()) {
            families.add(
                "process_start_time_seconds",
                "Start of the process, since 1970.",
                *boot + stat->start_ticks / ticks
            );
        }
    }
    if (const std::optional<double> open = count_open_files()) {
        families.add("process_open_fds", "Open file descriptors.", *open);
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        families.add(
            "process_max_fds", "Most file descriptors allowed.", static_cast<double>(limit.rlim_cur)
        );
    }
    return families.take();
}

}  // namespace reginfo::metrics
