/// @file

#include "core/storage/commit_mark.hpp"

#include "core/storage/checksum.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace reginfo {
namespace {

/// All in one sector, which is written whole or not at all. Only this machine reads it.
using Words = std::array<std::uint64_t, 6>;

constexpr std::uint64_t kMagic = 0x7265'6769'6d61'726b;  // "regimark"

std::uint64_t sum_of(const Words& words) {
    Checksum sum;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) sum.add(words[i]);
    return static_cast<std::uint64_t>(sum.finish());
}

}  // namespace

CommitMark::CommitMark(const std::string& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}

CommitMark::~CommitMark() {
    if (file_ >= 0) ::close(file_);
}

std::optional<CommitMark::Position> CommitMark::read() const {
    Words words{};
    if (::pread(file_, words.data(), sizeof words, 0) != sizeof words) return std::nullopt;
    if (words[0] != kMagic || words.back() != sum_of(words)) return std::nullopt;
    Position position{words[1]};
    for (std::size_t i = 0; i < position.next.size(); ++i) {
        position.next[i] = static_cast<std::int64_t>(words[i + 2]);
    }
    return position;
}

void CommitMark::write(const Position& position) const {
    Words words{kMagic, position.file};
    for (std::size_t i = 0; i < position.next.size(); ++i) {
        words[i + 2] = static_cast<std::uint64_t>(position.next[i]);
    }
    words.back() = sum_of(words);
    if (::pwrite(file_, words.data(), sizeof words, 0) < 0) return;
}

}  // namespace reginfo
