/// @file
/// The body of a PUBLISH to a Document: the only user of RapidXML, behind a guard.
#pragma once

#include "core/reginfo/document.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace reginfo {

struct ReaderLimits {
    std::size_t bytes = 262'144;
    std::size_t depth = 16;
    std::size_t elements = 16'384;
    std::size_t attributes = 64;  ///< an element
    std::size_t registrations = 64;
    std::size_t contacts = 512;      ///< a registration
    std::size_t text_bytes = 8'192;  ///< one attribute value or text
    std::size_t namespaces = 64;     ///< declarations in force at once
};

/// Why a body was refused: a reason phrase for the 400, in ASCII, of one line, below 120
/// characters: "reginfo: missing attribute aor of registration".
struct ReadError {
    std::string reason;
};

/// Reads and checks reginfo documents (RFC 3680 §5), one after the other in the same memory.
///
/// Accepts  what Kamailio and OpenSIPS print: attributes received, path, user_agent without a
///          namespace; leading zeros; -1 or no number in `expires` (taken as absent); any prefix
///          for the reginfo namespace; UTF-8 with or without declaration and byte order mark;
///          predefined entities and character references; CDATA, comments, processing
///          instructions. The event `terminated`.
/// Refuses  what is not well-formed XML 1.0 with namespaces (mismatched tags, duplicate attributes,
///          unbound prefixes, bare & and <, unknown entities, characters that are not XML's,
///          text behind the root), any DTD, encodings other than UTF-8 and US-ASCII, anything
///          over a limit (before RapidXML sees it); another root or namespace; missing or wrong
///          `state`, `aor`, contact `state`, `event`, `uri`; a document without registration; an
///          empty or unparsable contact URI.
class DocumentReader {
public:
    DocumentReader();
    ~DocumentReader();
    DocumentReader(const DocumentReader&) = delete;
    DocumentReader& operator=(const DocumentReader&) = delete;

    /// @param uri  what is known to be a URI already: most documents name it in `aor`
    /// @return the document, never null, which lasts until the next one is read
    boost::system::result<Document*, ReadError> read(
        std::string_view body,
        const ReaderLimits& limits,
        std::string_view uri = {}
    );

private:
    class Walk;
    std::unique_ptr<Walk> walk_;
};

/// The same for a document that is to last.
boost::system::result<Document, ReadError> read_document(
    std::string_view body,
    const ReaderLimits& limits
);

}  // namespace reginfo
