/// @file
/// Parameters of header fields and URIs.
#pragma once

#include "core/sip/grammar.hpp"

#include <optional>
#include <string_view>

namespace reginfo::sip {

/// Reads `generic-param *( SEMI generic-param )`, of header fields and of URIs.
class ParamReader {
public:
    struct Param {
        std::string_view text;  ///< name and value as written
        std::string_view name;
        std::string_view value;  ///< a quoted-string keeps its quotes
        bool has_value = false;  ///< there was an '='
    };

    /// @param params  what follows the first ';'
    explicit ParamReader(std::string_view params) : scanner_(params) {}

    /// The next parameter; nothing at the end, and nothing more after a syntax error.
    std::optional<Param> next();

    bool failed() const { return failed_; }

private:
    std::optional<Param> fail();

    Scanner scanner_;
    bool failed_ = false;
    bool done_ = false;
};

}  // namespace reginfo::sip
