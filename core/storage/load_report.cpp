/// @file

#include "core/storage/load_report.hpp"

#include "core/base/hex.hpp"

namespace reginfo {
namespace {

constexpr std::size_t kFindingsMax = 1000;

/// For people: an unprintable byte is \\xNN.
std::string printable(std::string_view bytes) {
    constexpr std::size_t kLongest = 200;
    std::string text;
    for (const char c : bytes.substr(0, kLongest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            text += c;
        } else {
            append_hex(text += "\\x", byte, 2);
        }
    }
    return bytes.size() > kLongest ? text + "..." : text;
}

}  // namespace

void LoadReport::add(const LoadReport& part) {
    aors += part.aors;
    dialogs += part.dialogs;
    transactions += part.transactions;
    unreadable += part.unreadable;
    damaged += part.damaged;
    missing += part.missing;
    for (const std::string& finding : part.findings) {
        if (findings.size() < kFindingsMax) findings.push_back(finding);
    }
}

void LoadReport::note(const char* kind, std::string_view key, const char* what) {
    if (findings.size() >= kFindingsMax) return;
    findings.push_back(std::string(kind) + " " + printable(key) + " " + what);
}

}  // namespace reginfo
