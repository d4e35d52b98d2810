/// @file
/// The messages of the peers of the fuzzed engine, chosen by the bits of a step.
#pragma once

#include "core/outbox.hpp"
#include "core/sip/message.hpp"
#include "tests/fuzz/support/script.hpp"
#include "tests/support/sip_builder.hpp"

#include <string>
#include <string_view>

namespace reginfo::fuzz {

/// A publication as its publisher remembers it.
struct Published {
    std::string aor;
    std::string etag;
};

/// A dialog as its subscriber remembers it.
struct Subscribed {
    std::string aor;
    std::string call_id;
    std::string from_tag;
    std::string to_tag;
    unsigned cseq = 0;
    Flow flow;
};

std::string_view some_aor(unsigned choice);

/// Where a message comes from: trusted or not, UDP or one of a few TCP connections, IPv4 or IPv6.
Flow some_flow(unsigned choice);

/// A document of that AOR with up to three contacts, or a mutation of it.
std::string document_of(std::string_view aor, const Step& step);

/// Without Via.
test::RequestText publish_of(const Published& publication, const Step& step);
test::RequestText subscribe_of(const Subscribed& dialog, const Step& step);
test::RequestText other_of(const Step& step);

/// A final or provisional answer to a NOTIFY, with header fields that may matter.
std::string answer_of(const sip::Message& notify, const Step& step);

}  // namespace reginfo::fuzz
