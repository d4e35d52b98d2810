#include "app/state_lines.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace reginfo {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr std::array<std::string_view, 3> kBuckets{"aor", "dialog", "transaction"};

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 0xfU];
    }
    return out;
}

std::string bytes_of(const std::string& hex) {
    const auto digit = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
        throw StateLineError("a value is not written in hexadecimal digits");
    };
    if (hex.size() % 2 != 0) throw StateLineError("a value has half a byte");
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out += static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1]));
    }
    return out;
}

/// Calls `read` with the text as JSON; whatever JSON is not so is told alike.
template <class Read>
auto parsed(const std::string& text, const Read& read) {
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& error) {
        throw StateLineError(error.what());
    }
}

}  // namespace

std::string head_line(std::uint64_t hash_seed) {
    return Json{{"reginfod_state", kFormat}, {"hash_seed", std::to_string(hash_seed)}}.dump();
}

std::uint64_t parse_head_line(const std::string& text) {
    return parsed(text, [](const Json& head) {
        if (head.at("reginfod_state") != kFormat) throw StateLineError("a dump of another format");
        const auto& digits = head.at("hash_seed").get_ref<const std::string&>();
        std::uint64_t seed = 0;
        const char* end = digits.data() + digits.size();
        const auto [at, error] = std::from_chars(digits.data(), end, seed);
        if (error != std::errc() || at != end) throw StateLineError("hash_seed is no number");
        return seed;
    });
}

std::string line_of(const StoredRecord& record, Stamp written) {
    Json line{
        {"bucket", kBuckets[static_cast<std::size_t>(record.bucket)]},
        {"key", hex_of(record.key)},
        {"value", hex_of(record.value)},
        {"written_ms", written},
    };
    if (record.bucket == Bucket::aor) line["aor"] = std::string(record.key);
    return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StateLine parse_state_line(const std::string& text) {
    return parsed(text, [](const Json& line) {
        const auto bucket = std::find(
            kBuckets.begin(), kBuckets.end(), line.at("bucket").get_ref<const std::string&>()
        );
        if (bucket == kBuckets.end()) throw StateLineError("there is no such bucket");
        const Json& written = line.at("written_ms");
        if (!written.is_number_integer()) throw StateLineError("written_ms is no whole number");
        return StateLine{
            {static_cast<Bucket>(bucket - kBuckets.begin()),
             bytes_of(line.at("key").get_ref<const std::string&>()),
             bytes_of(line.at("value").get_ref<const std::string&>())},
            written.get<Stamp>(),
        };
    });
}

}  // namespace reginfo
