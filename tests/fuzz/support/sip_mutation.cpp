/// @file

#include "tests/fuzz/support/sip_mutation.hpp"

#include "tests/fuzz/support/sip_pieces.hpp"
#include "tests/fuzz/support/text_mutation.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo::fuzz {
namespace {

struct Field {
    std::string name;
    std::string value;
    std::string line() const { return name + ": " + value; }
};

/// A message cut into lines, however wrong it is.
struct Pieces {
    std::string start_line;
    std::vector<Field> fields;
    std::string body;

    explicit Pieces(std::string_view message);
    std::string text() const;
    Field* some_field(Chance& chance) {
        return fields.empty() ? nullptr : &fields[chance.below(fields.size())];
    }
    std::size_t some_place(Chance& chance) const { return chance.below(fields.size() + 1); }
};

Pieces::Pieces(std::string_view message) {
    const std::size_t end = std::min(message.find("\r\n\r\n"), message.size());
    std::string_view head = message.substr(0, end);
    body = message.substr(std::min(end + 4, message.size()));
    bool first = true;
    while (!head.empty()) {
        const std::size_t line_end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, line_end);
        head.remove_prefix(std::min(line_end + 2, head.size()));
        if (std::exchange(first, false)) {
            start_line = line;
            continue;
        }
        const std::size_t colon = std::min(line.find(':'), line.size());
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        fields.push_back({std::string(line.substr(0, colon)), std::string(value)});
    }
}

std::string Pieces::text() const {
    std::string out = start_line + "\r\n";
    for (const Field& field : fields) out.append(field.line()).append("\r\n");
    return out + "\r\n" + body;
}

void insert_field(Pieces& pieces, Chance& chance) {
    const HeaderPieces& header = chance.pick(header_pieces());
    Field field{std::string(header.name), std::string(chance.pick(header.values))};
    const auto at = pieces.fields.begin() + static_cast<std::ptrdiff_t>(pieces.some_place(chance));
    pieces.fields.insert(at, std::move(field));
}

/// Another value that fields of that name have.
void replace_value(Field& field, Chance& chance) {
    for (const HeaderPieces& header : header_pieces()) {
        if (header.name != field.name && header.compact != field.name) continue;
        field.value = chance.pick(header.values);
        return;
    }
    field.value = some_number(chance);
}

void change_parameter(Field& field, Chance& chance) {
    const std::size_t semicolon = field.value.find(';');
    switch (chance.below(4)) {
        case 0:
            field.value.append(";").append(chance.pick(parameter_pieces()));
            break;
        case 1:
            if (semicolon != std::string::npos) field.value.erase(semicolon);
            break;
        case 2:
            if (semicolon != std::string::npos) field.value += field.value.substr(semicolon);
            break;
        default:
            field.value.insert(
                std::min(semicolon, field.value.size()),
                ";" + std::string(chance.pick(parameter_pieces()))
            );
            break;
    }
}

/// The same field by another name or in another form (RFC 3261 §7.3.1, §7.3.3).
void rewrite_field(Field& field, Chance& chance) {
    switch (chance.below(6)) {
        case 0:
            for (const HeaderPieces& header : header_pieces()) {
                if (header.name == field.name && !header.compact.empty()) {
                    field.name = header.compact;
                }
            }
            break;
        case 1:
            for (char& c : field.name) {
                if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
            }
            break;
        case 2:
            field.name += chance.one_in(2) ? " " : "\t ";
            break;
        case 3:
            field.value.insert(chance.below(field.value.size() + 1), "\r\n ");
            break;
        case 4:
            field.value += ", " + field.value;
            break;
        default:
            field.value = " \t" + field.value + "  ";
            break;
    }
}

void change_field(Pieces& pieces, Chance& chance) {
    Field* const field = pieces.some_field(chance);
    if (field == nullptr) return insert_field(pieces, chance);
    switch (chance.below(4)) {
        case 0:
            return replace_value(*field, chance);
        case 1:
            return change_parameter(*field, chance);
        case 2:
            return rewrite_field(*field, chance);
        default:
            return mutate_text(field->value, chance);
    }
}

void move_fields(Pieces& pieces, Chance& chance) {
    if (pieces.fields.empty()) return insert_field(pieces, chance);
    const std::size_t from = chance.below(pieces.fields.size());
    const std::size_t to = chance.below(pieces.fields.size());
    const auto at = pieces.fields.begin() + static_cast<std::ptrdiff_t>(from);
    switch (chance.below(3)) {
        case 0:
            std::swap(pieces.fields[from], pieces.fields[to]);
            return;
        case 1:
            pieces.fields.erase(at);
            return;
        default:
            pieces.fields.insert(at, Field(pieces.fields[to]));
            return;
    }
}

/// Another method, in the start line and mostly in CSeq too.
void change_method(Pieces& pieces, Chance& chance) {
    const std::string method(chance.pick(method_pieces()));
    const std::size_t blank = std::min(pieces.start_line.find(' '), pieces.start_line.size());
    pieces.start_line.replace(0, blank, method);
    if (chance.one_in(4)) return;
    for (Field& field : pieces.fields) {
        if (field.name != "CSeq") continue;
        field.value.replace(std::min(field.value.find(' '), field.value.size()), 99, " " + method);
    }
}

void change_start_line(Pieces& pieces, Chance& chance) {
    const std::size_t first = pieces.start_line.find(' ');
    const std::size_t last = pieces.start_line.rfind(' ');
    const bool whole = first != std::string::npos && first < last;
    switch (chance.below(4)) {
        case 0:
            return change_method(pieces, chance);
        case 1:
            if (!whole) return;
            pieces.start_line.replace(first + 1, last - first - 1, chance.pick(uri_pieces()));
            return;
        case 2:
            pieces.start_line = chance.pick(start_line_pieces());
            return;
        default:
            return mutate_text(pieces.start_line, chance);
    }
}

void change_body(Pieces& pieces, Chance& chance) {
    switch (chance.below(4)) {
        case 0:
            pieces.body.clear();
            return;
        case 1:
            pieces.body.resize(pieces.body.size() / 2);
            return;
        case 2:
            pieces.body += pieces.body;
            return;
        default:
            return mutate_text(pieces.body, chance);
    }
}

void fix_content_length(Pieces& pieces) {
    const std::string length = std::to_string(pieces.body.size());
    for (Field& field : pieces.fields) {
        if (field.name == "Content-Length" || field.name == "l") field.value = length;
    }
}

}  // namespace

std::string mutate_sip(std::string_view message, Chance& chance) {
    Pieces pieces(message);
    const std::size_t changes = 1 + chance.below(4);
    for (std::size_t i = 0; i < changes; ++i) {
        switch (chance.below(8)) {
            case 0:
                insert_field(pieces, chance);
                break;
            case 1:
                move_fields(pieces, chance);
                break;
            case 2:
                change_start_line(pieces, chance);
                break;
            case 3:
                change_body(pieces, chance);
                break;
            default:
                change_field(pieces, chance);
                break;
        }
    }
    if (!chance.one_in(8)) fix_content_length(pieces);
    std::string text = pieces.text();
    if (chance.one_in(32)) mutate_text(text, chance);
    return text;
}

std::string cross_sip(std::string_view left, std::string_view right, Chance& chance) {
    Pieces mixed(left);
    const Pieces other(right);
    for (const Field& field : other.fields) {
        if (chance.one_in(2)) continue;
        const auto same =
            std::find_if(mixed.fields.begin(), mixed.fields.end(), [&](const auto& f) {
                return f.name == field.name;
            });
        if (same != mixed.fields.end() && !chance.one_in(4)) {
            same->value = field.value;
        } else {
            mixed.fields.push_back(field);
        }
    }
    if (chance.one_in(2)) mixed.body = other.body;
    if (chance.one_in(4)) mixed.start_line = other.start_line;
    fix_content_length(mixed);
    return mixed.text();
}

}  // namespace reginfo::fuzz
