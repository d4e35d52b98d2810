#include "core/sip/param_reader.hpp"

#include <cstddef>

namespace reginfo::sip {

std::optional<ParamReader::Param> ParamReader::next() {
    if (done_ || failed_) return std::nullopt;
    Param param;
    scanner_.skip_lws();
    const std::size_t begin = scanner_.position();
    param.name = scanner_.take(Chars::gen_value);
    if (param.name.empty()) return fail();
    std::size_t end = scanner_.position();
    if (!scanner_.at_end() && scanner_.peek() != ';' && scanner_.accept_separator('=')) {
        param.has_value = true;
        if (scanner_.peek() == '"') {
            const auto quoted = scanner_.quoted_string();
            if (!quoted) return fail();
            param.value = *quoted;
        } else {
            param.value = scanner_.take_value();
        }
        end = scanner_.position();
    }
    param.text = scanner_.since(begin).substr(0, end - begin);
    scanner_.skip_lws();
    done_ = scanner_.at_end();
    if (!done_ && !scanner_.accept(';')) return fail();
    return param;
}

std::optional<ParamReader::Param> ParamReader::fail() {
    failed_ = true;
    return std::nullopt;
}

}  // namespace reginfo::sip
