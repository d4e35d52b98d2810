/// @file
/// The body of a PUBLISH to a Document: the only user of RapidXML, behind a guard.
#pragma once

#include "core/reginfo/document.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
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
    std::size_t text_bytes = 8'192;  ///< one attribute value or text; a longer one is left out
    std::size_t namespaces = 64;     ///< declarations in force at once
};

/// Why a body was refused: a reason phrase for the response, in ASCII, of one line, below 120
/// characters: "reginfo: missing attribute aor of registration".
struct ReadError {
    enum class Kind : std::uint8_t { wrong, over_limit, too_large };

    std::string reason;
    Kind kind = Kind::wrong;
};

/// Reads and checks reginfo documents (RFC 3680 §5), one after the other in the same memory.
///
/// Accepts  what Kamailio and OpenSIPS print: attributes received, path, user_agent without a
///          namespace; leading zeros; -1 or no number in `expires` (taken as absent); any prefix
///          for the reginfo namespace; UTF-8 with or without declaration and byte order mark;
///          predefined entities and character references; CDATA, comments, processing
///          instructions. The event `terminated`. A contact with a known state or a known event,
///          which tell each other. Addresses that RFC 3261 does not know and xs:anyURI does.
/// Leaves out  what cannot be told, and nothing else for its sake (Document::left_out): a contact
///          with neither, or without such an address; a registration without; an attribute or child
///          of theirs that is longer than `text_bytes`, or has elements where there is text.
/// Refuses  what is not well-formed XML 1.0 with namespaces (mismatched tags, duplicate attributes,
///          unbound prefixes, bare & and <, unknown entities, characters that are not XML's,
///          text behind the root), any DTD, encodings other than UTF-8 and US-ASCII, anything
///          over a limit (before RapidXML sees it); another root or namespace; a missing or wrong
///          `state` of it; a document without registration.
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
