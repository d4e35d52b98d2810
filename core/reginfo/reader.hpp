/// @file
/// From the body of a PUBLISH to a Document. The only user of RapidXML, behind a guard.
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
    std::size_t text_bytes = 8'192;  ///< of an attribute value or text; longer ones are left out
    std::size_t namespaces = 64;     ///< declarations in force at once
};

/// Why a body was refused, as a reason phrase: one line of ASCII, below 120 characters, such as
/// "reginfo: missing attribute aor of registration".
struct ReadError {
    enum class Kind : std::uint8_t { wrong, over_limit, too_large };

    std::string reason;
    Kind kind = Kind::wrong;
};

/// Reads and checks reginfo documents (RFC 3680 §5), one after the other in the same memory.
///
/// Accepts  the documents of Kamailio and OpenSIPS: attributes received, path, user_agent without a
///          namespace; leading zeros; -1 or no number in `expires` (taken as absent); any prefix
///          for the reginfo namespace; UTF-8 with or without declaration and byte order mark;
///          predefined entities and character references; CDATA, comments, processing
///          instructions. The event `terminated`. A contact with a known state or a known event:
///          the other follows from it. Addresses of xs:anyURI, also those outside of RFC 3261.
/// Leaves out  parts that cannot be passed on, and no more (Document::left_out): a contact with
///          neither state nor event, or without an address; a registration without an aor; an
///          attribute or child that is longer than `text_bytes`, or has elements instead of text.
/// Refuses  a body that is not well-formed XML 1.0 with namespaces (mismatched tags, duplicate
/// attributes,
///          unbound prefixes, bare & and <, unknown entities, characters not allowed in XML,
///          text behind the root), any DTD, encodings other than UTF-8 and US-ASCII, anything
///          over a limit (before RapidXML sees it); another root or namespace; a missing or wrong
///          `state` of it; a document without registration.
class DocumentReader {
public:
    DocumentReader();
    ~DocumentReader();
    DocumentReader(const DocumentReader&) = delete;
    DocumentReader& operator=(const DocumentReader&) = delete;

    /// @param uri  a valid URI: an `aor` that is equal to it is not parsed again
    /// @return the document, never null, valid until the next one is read
    boost::system::result<Document*, ReadError> read(
        std::string_view body,
        const ReaderLimits& limits,
        std::string_view uri = {}
    );

private:
    class Walk;
    std::unique_ptr<Walk> walk_;
};

/// The same, for a document that the caller keeps.
boost::system::result<Document, ReadError> read_document(
    std::string_view body,
    const ReaderLimits& limits
);

}  // namespace reginfo
