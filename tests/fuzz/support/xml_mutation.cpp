/// @file

#include "tests/fuzz/support/xml_mutation.hpp"

#include "tests/fuzz/support/text_mutation.hpp"
#include "tests/fuzz/support/xml_pieces.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace reginfo::fuzz {
namespace {

/// A piece of the document: one markup in angle brackets, or the text up to the next one.
struct Token {
    enum class Kind { open, close, empty, other, text };

    Kind kind = Kind::text;
    std::string text;
};

using Tokens = std::vector<Token>;

Token::Kind kind_of(std::string_view markup) {
    if (markup.size() < 3 || markup[1] == '?' || markup[1] == '!') return Token::Kind::other;
    if (markup[1] == '/') return Token::Kind::close;
    return markup[markup.size() - 2] == '/' ? Token::Kind::empty : Token::Kind::open;
}

Tokens tokens_of(std::string_view document) {
    Tokens tokens;
    while (!document.empty()) {
        const bool markup = document.front() == '<';
        const std::size_t found = markup ? document.find('>') : document.find('<');
        const std::size_t end = std::min(found, document.size() - (markup ? 1 : 0));
        const std::string_view text = document.substr(0, markup ? end + 1 : end);
        tokens.push_back({markup ? kind_of(text) : Token::Kind::text, std::string(text)});
        document.remove_prefix(text.size());
    }
    return tokens;
}

std::string text_of(const Tokens& tokens) {
    std::string text;
    for (const Token& token : tokens) text += token.text;
    return text;
}

/// An element with all that is in it: from its opening token to behind its closing one.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Span element_at(const Tokens& tokens, std::size_t at) {
    Span span{at, at + 1};
    if (tokens[at].kind != Token::Kind::open) return span;
    int depth = 1;
    for (; span.end < tokens.size() && depth > 0; ++span.end) {
        if (tokens[span.end].kind == Token::Kind::open) ++depth;
        if (tokens[span.end].kind == Token::Kind::close) --depth;
    }
    return span;
}

auto iterator_at(Tokens& tokens, std::size_t at) {
    return tokens.begin() + static_cast<std::ptrdiff_t>(at);
}

/// Some element; of the first token if there is none.
std::size_t some_element(const Tokens& tokens, Chance& chance) {
    std::vector<std::size_t> elements;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Token::Kind kind = tokens[i].kind;
        if (kind == Token::Kind::open || kind == Token::Kind::empty) elements.push_back(i);
    }
    return elements.empty() ? 0 : chance.pick(elements);
}

void change_elements(Tokens& tokens, Chance& chance) {
    const Span span = element_at(tokens, some_element(tokens, chance));
    const Tokens element(iterator_at(tokens, span.begin), iterator_at(tokens, span.end));
    const std::size_t copies = chance.one_in(16) ? 70 : 1;
    switch (chance.below(4)) {
        case 0:
            for (std::size_t i = 0; i < copies; ++i) {
                tokens.insert(iterator_at(tokens, span.end), element.begin(), element.end());
            }
            return;
        case 1:
            tokens.erase(iterator_at(tokens, span.begin), iterator_at(tokens, span.end));
            return;
        case 2:
            tokens.erase(iterator_at(tokens, span.begin), iterator_at(tokens, span.end));
            tokens.insert(
                iterator_at(tokens, chance.below(tokens.size() + 1)), element.begin(), element.end()
            );
            return;
        default: {
            const Tokens more = tokens_of(chance.pick(element_pieces()));
            tokens.insert(iterator_at(tokens, span.begin + 1), more.begin(), more.end());
            return;
        }
    }
}

/// Where a name ends and its attributes begin.
std::size_t end_of_name(const std::string& tag) {
    return std::min(tag.find_first_of(" \t\r\n/>", 1), tag.size());
}

struct AttributePlace {
    std::size_t begin = 0;  ///< of the blank before it
    std::size_t value = 0;  ///< behind the quote
    std::size_t end = 0;    ///< at the closing quote
};

std::vector<AttributePlace> attributes_of(const std::string& tag) {
    std::vector<AttributePlace> places;
    std::size_t at = end_of_name(tag);
    while (true) {
        const std::size_t open = tag.find_first_of("\"'", at);
        if (open == std::string::npos) return places;
        const std::size_t close = tag.find(tag[open], open + 1);
        if (close == std::string::npos) return places;
        places.push_back({at, open + 1, close});
        at = close + 1;
    }
}

void change_attributes(Token& tag, Chance& chance) {
    const std::vector<AttributePlace> places = attributes_of(tag.text);
    if (places.empty() || chance.one_in(3)) {
        tag.text.insert(end_of_name(tag.text), " " + std::string(chance.pick(attribute_pieces())));
        return;
    }
    const AttributePlace& place = chance.pick(places);
    const std::size_t length = place.end - place.value;
    switch (chance.below(5)) {
        case 0:
            tag.text.erase(place.begin, place.end + 1 - place.begin);
            return;
        case 1:
            tag.text.replace(place.value, length, some_number(chance));
            return;
        case 2:
            tag.text.replace(place.value, length, chance.pick(value_pieces()));
            return;
        case 3:
            tag.text.insert(place.value - 1, chance.one_in(2) ? " \t" : "\r\n");
            return;
        default: {
            std::string value = tag.text.substr(place.value, length);
            mutate_text(value, chance);
            tag.text.replace(place.value, length, value);
            return;
        }
    }
}

/// Another name or prefix, in the closing tag as well.
void rename_element(Tokens& tokens, Chance& chance) {
    const Span span = element_at(tokens, some_element(tokens, chance));
    Token& open = tokens[span.begin];
    if (open.text.size() < 3 || open.text.front() != '<') return;
    const std::string name(chance.pick(name_pieces()));
    open.text.replace(1, end_of_name(open.text) - 1, name);
    Token& close = tokens[span.end - 1];
    if (close.kind == Token::Kind::close && !chance.one_in(16)) close.text = "</" + name + ">";
}

void change_text(Tokens& tokens, Chance& chance) {
    const std::size_t at = chance.below(tokens.size());
    if (tokens[at].kind == Token::Kind::text && chance.one_in(2)) {
        return mutate_text(tokens[at].text, chance);
    }
    const Token more{Token::Kind::text, std::string(chance.pick(text_pieces()))};
    if (tokens[at].kind == Token::Kind::text) {
        tokens[at] = more;
    } else {
        tokens.insert(iterator_at(tokens, at + 1), more);
    }
}

}  // namespace

std::string mutate_reginfo(std::string_view document, Chance& chance) {
    Tokens tokens = tokens_of(document);
    if (tokens.empty()) tokens = tokens_of(chance.pick(document_pieces()));
    const std::size_t changes = 1 + chance.below(4);
    for (std::size_t i = 0; i < changes && !tokens.empty(); ++i) {
        switch (chance.below(6)) {
            case 0:
                change_elements(tokens, chance);
                break;
            case 1:
                rename_element(tokens, chance);
                break;
            case 2:
                change_text(tokens, chance);
                break;
            default:
                change_attributes(tokens[some_element(tokens, chance)], chance);
                break;
        }
    }
    std::string text = text_of(tokens);
    if (chance.one_in(16)) mutate_text(text, chance);
    return text;
}

std::string cross_reginfo(std::string_view left, std::string_view right, Chance& chance) {
    Tokens tokens = tokens_of(left);
    const Tokens other = tokens_of(right);
    if (tokens.empty() || other.empty()) return std::string(right);
    const Span from = element_at(other, some_element(other, chance));
    const std::size_t to = some_element(tokens, chance);
    tokens.insert(
        iterator_at(tokens, to + (chance.one_in(2) ? 1 : 0)),
        other.begin() + static_cast<std::ptrdiff_t>(from.begin),
        other.begin() + static_cast<std::ptrdiff_t>(from.end)
    );
    return text_of(tokens);
}

}  // namespace reginfo::fuzz
