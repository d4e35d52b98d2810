/// @file

#include "tests/storage/redis/model_arguments.hpp"

#include <algorithm>
#include <optional>

namespace reginfo::test {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_hex(char c) { return is_small_hex(c) || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::int64_t> number_in(std::string_view text, std::size_t digits_max) {
    if (text.empty() || text.size() > digits_max || !std::ranges::all_of(text, is_digit)) return {};
    return std::stoll(std::string(text));
}

/// How many words a write has; 0 if there is none of that kind.
std::size_t arity_of(std::string_view kind) {
    if (kind.size() != 2 || (kind[0] != '+' && kind[0] != '-')) return 0;
    constexpr std::string_view kHaveValues = "adtx";
    if (kHaveValues.find(kind[1]) != std::string_view::npos) return kind[0] == '+' ? 3 : 2;
    return kind == "+u" || kind == "-u" || kind == "-h" ? 2 : 0;
}

}  // namespace

ModelToken ModelToken::parse(std::string_view text) {
    const std::size_t first = text.find('.');
    if (first == std::string_view::npos) return {};
    const std::size_t second = text.find('.', first + 1);
    if (second == std::string_view::npos) return {};
    const auto epoch = number_in(text.substr(0, first), 18);  // more were never given
    const std::string_view incarnation = text.substr(first + 1, second - first - 1);
    if (!epoch || !std::ranges::all_of(incarnation, is_hex)) return {};
    return {*epoch, std::string(incarnation), std::string(text.substr(second + 1))};
}

std::string ModelToken::text() const {
    return std::to_string(epoch) + "." + incarnation + "." + name;
}

void ModelArguments::require(bool is_good) {
    if (!is_good) throw ModelRefusal{"WRONG_ARGUMENT", "an argument is wrong, or missing"};
}

const std::string& ModelArguments::text() {
    require(!is_over());
    return list_[next_++];
}

std::int64_t ModelArguments::number() {
    const auto value = number_in(text(), 15);
    require(value.has_value());
    return *value;
}

const std::string& ModelArguments::name() {
    const std::string& value = text();
    require(is_model_name(value));
    return value;
}

const std::string& ModelArguments::incarnation() {
    const std::string& value = text();
    require(value.size() == 16 && std::ranges::all_of(value, is_small_hex));
    return value;
}

std::string ModelArguments::shard() {
    const std::int64_t value = number();
    require(value < 256);
    return std::to_string(value);
}

std::int64_t ModelArguments::lease() {
    const std::int64_t value = number();
    require(value >= 10 && value <= 3'600'000);
    return value;
}

ModelLayouts ModelArguments::layouts() {
    const std::string& value = text();
    const std::string_view view = value;
    const std::size_t line = view.find('-');
    require(line != std::string_view::npos);
    const auto least = number_in(view.substr(0, line), 3);
    const auto most = number_in(view.substr(line + 1), 3);
    require(least && most && *least <= *most);
    return {value, *least, *most};
}

const std::string& ModelArguments::token(const std::string& incarnation) {
    const std::string& value = text();
    const ModelToken token = ModelToken::parse(value);
    require(token.incarnation == incarnation && !token.name.empty());
    return value;
}

std::vector<ModelWrite> ModelArguments::writes(std::int64_t count) {
    std::vector<ModelWrite> writes;
    for (; count > 0; --count) {
        const std::string& kind = text();
        const std::size_t arity = arity_of(kind);
        require(arity != 0);
        ModelWrite write{kind, text(), {}};
        if (arity == 3) write.value = text();
        writes.push_back(std::move(write));
    }
    return writes;
}

bool is_model_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '-';
    });
}

}  // namespace reginfo::test
