#include "app/state_lines.hpp"

#include "core/base/hex.hpp"
#include "core/base/numbers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace reginfo {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 3;
constexpr int kFormatWithoutUnsettled = 2;
constexpr int kFormatWithoutTail = 1;
constexpr std::array<std::string_view, 4> kBuckets{"aor", "dialog", "transaction", "unsettled"};

std::string hex_of(std::string_view bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (const char c : bytes) append_hex(out, static_cast<unsigned char>(c), 2);
    return out;
}

std::string bytes_of(const std::string& hex) {
    const auto digit = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
        throw StateLineError("has a value that is not written in hexadecimal digits");
    };
    if (hex.size() % 2 != 0) throw StateLineError("has a value with half a byte");
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out += static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1]));
    }
    return out;
}

Json parsed(const std::string& text) {
    try {
        Json line = Json::parse(text);
        if (line.is_object()) return line;
    } catch (const Json::parse_error& error) {
        throw StateLineError("is not JSON, from byte " + std::to_string(error.byte) + " on");
    } catch (const Json::out_of_range&) {
        throw StateLineError("has a number that is too large");
    }
    throw StateLineError("is no JSON object");
}

const Json& member(const Json& line, const std::string& name) {
    const auto found = line.find(name);
    if (found == line.end()) throw StateLineError("has no \"" + name + "\"");
    return *found;
}

const std::string& text_in(const Json& line, const std::string& name) {
    const Json& value = member(line, name);
    if (!value.is_string()) throw StateLineError("has a \"" + name + "\" that is no text");
    return value.get_ref<const std::string&>();
}

std::int64_t number_in(const Json& line, const std::string& name) {
    const Json& value = member(line, name);
    if (!value.is_number_integer()) {
        throw StateLineError("has a \"" + name + "\" that is no whole number");
    }
    return value.get<std::int64_t>();
}

}  // namespace

std::string head_line(std::uint64_t hash_seed) {
    return Json{{"reginfod_state", kFormat}, {"hash_seed", std::to_string(hash_seed)}}.dump();
}

StateHead parse_head_line(const std::string& text) {
    const Json head = parsed(text);
    const std::int64_t format = number_in(head, "reginfod_state");
    if (format < kFormatWithoutTail || format > kFormat) {
        throw StateLineError(
            "says format " + std::to_string(format) + ", and this reginfod knows up to " +
            std::to_string(kFormat)
        );
    }
    const auto seed = parse_number<std::uint64_t>(text_in(head, "hash_seed"));
    if (!seed) throw StateLineError("has a \"hash_seed\" that is no number");
    return {*seed, format > kFormatWithoutTail, format > kFormatWithoutUnsettled};
}

std::string tail_line(std::size_t records) { return Json{{"records", records}}.dump(); }

bool is_tail_line(const std::string& text) { return text.starts_with("{\"records\""); }

std::size_t parse_tail_line(const std::string& text) {
    const std::int64_t records = number_in(parsed(text), "records");
    if (records < 0) throw StateLineError("has \"records\" below 0");
    return static_cast<std::size_t>(records);
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
    const Json line = parsed(text);
    const auto* bucket = std::find(kBuckets.begin(), kBuckets.end(), text_in(line, "bucket"));
    if (bucket == kBuckets.end()) throw StateLineError("has a \"bucket\" that there is not");
    return {
        {static_cast<Bucket>(bucket - kBuckets.begin()),
         bytes_of(text_in(line, "key")),
         bytes_of(text_in(line, "value"))},
        number_in(line, "written_ms"),
    };
}

}  // namespace reginfo
