/// @file
/// The messages of publishers and watchers in a measurement, and the fields they read.
///
/// Not core/sip, so that the checker finds faults there, and costs little beside the measured
/// server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::bench {

/// What all messages of one run have in common.
struct Scene {
    std::string server = "127.0.0.1:5060";     ///< host:port of the server
    std::string publisher = "127.0.0.1:5070";  ///< where publishers are
    std::string watcher = "127.0.0.1:5071";    ///< where watchers are
    std::string transport = "UDP";             ///< as Via writes it
    std::uint32_t contacts = 1;                ///< in each document
    std::size_t body_bytes = 517;              ///< of a document with one contact
};

/// The address-of-record with that number; all are of one length.
std::string aor_of(std::uint32_t number);

/// A document as Kamailio's pua_reginfo writes it. `state` is the cseq of its contacts.
std::string document(const Scene& scene, std::uint32_t aor, std::uint32_t state);

struct Publish {
    std::uint32_t aor = 0;
    std::uint32_t cseq = 1;
    std::uint32_t state = 1;
    std::uint32_t expires = 3600;
    std::string_view etag{};  ///< empty: an initial one
    bool with_body = true;
};
void write_publish(std::string& out, const Scene& scene, const Publish& publish);

struct Subscribe {
    std::uint32_t watcher = 0;
    std::uint32_t aor = 0;
    std::uint32_t cseq = 1;
    std::uint32_t expires = 3600;
};
void write_subscribe(std::string& out, const Scene& scene, const Subscribe& subscribe);

/// A message from the server, as views into its bytes.
struct Incoming {
    bool is_notify = false;
    int status = 0;  ///< of a response
    std::string_view call_id;
    std::string_view cseq_method;
    std::uint32_t cseq = 0;
    std::string_view etag;
    std::string_view subscription_state;
    std::string_view body;
    std::array<std::string_view, 8> goes_back;  ///< lines that its response repeats
    std::size_t goes_back_count = 0;
};

/// Nothing if it is no response and no NOTIFY, if a mandatory field lacks or Content-Length does
/// not fit.
std::optional<Incoming> read_incoming(std::string_view bytes);

void write_answer(std::string& out, const Incoming& notify);

/// The content of a document; nothing if `document` does not produce it: another AOR, another
/// number of contacts, contacts of different states, or no end.
struct Told {
    std::uint32_t version = 0;
    std::uint32_t state = 0;  ///< 0: no contact is listed
};
std::optional<Told> read_document(std::string_view body, std::uint32_t aor, std::uint32_t contacts);

/// The number in "<kind><number>@bench"; nothing for other Call-IDs.
std::optional<std::uint32_t> number_of(std::string_view call_id, char kind);

}  // namespace reginfo::bench
