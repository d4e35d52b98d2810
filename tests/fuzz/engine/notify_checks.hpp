/// @file
/// What is true of every NOTIFY, whatever the engine got before (RULES.md, "One NOTIFY in flight",
/// "First documents are full").
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/sip/message.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

namespace reginfo::fuzz {

class NotifyChecks {
public:
    /// A 2xx to a SUBSCRIBE left: a dialog is there, or has a subscription more or again.
    void subscribed(const sip::Message& response);

    void sent(TimePoint now, const Flow& flow, std::string_view bytes, const sip::Message& notify);

    /// A response with that branch was handed to the engine. After the time that makes a NOTIFY
    /// give way to a newer one it may come too late to count.
    void answered(TimePoint now, std::string_view branch, int status);

    /// There was a message like a response to it, which may count or not.
    void maybe_answered(std::string_view branch);
    void closed(const Flow& flow);

    /// A datagram of it did not leave.
    void unsent(std::string_view branch);

    /// A new process has taken over: NOTIFYs in flight are forgotten, and CSeqs jump over the
    /// reserved ones.
    void crashed();

    /// No dialog's NOTIFY may be given up sooner than this for the sake of a newer one.
    Duration patience = std::chrono::seconds{4};

private:
    struct Usage {
        std::uint32_t version = 0;
        bool any_version = true;
        bool full_answered = false;
        bool over = false;  ///< `terminated` was answered
    };
    struct Dialog {
        std::map<std::string, Usage, std::less<>> usages;  ///< by Event id
        std::uint32_t cseq = 0;
        std::uint32_t firm_cseq = 0;  ///< of the last NOTIFY that was not a last one
        std::uint32_t jump = 0;       ///< how far the next CSeq may be ahead
        std::string branch;
        std::string bytes;
        std::string usage;  ///< of the last NOTIFY
        Flow flow;
        TimePoint at;
        bool in_flight = false;
        bool flow_lost = false;  ///< or answered, perhaps
        bool unsent = false;     ///< it did not leave
        bool terminated = false;
        bool full = false;
        std::uint32_t version = 0;
    };
    using Key = std::tuple<std::string, std::string, std::string>;

    bool may_be_given_up(TimePoint now, const Dialog& dialog) const;
    void check_turn(TimePoint now, const Dialog& dialog, std::uint32_t cseq);
    void check_document(Dialog& dialog, Usage& usage, const sip::Message& notify);

    std::map<Key, Dialog> dialogs_;
};

/// The value of the first field of that name; empty if there is none.
std::string_view field_of(const sip::Message& message, std::string_view name);

}  // namespace reginfo::fuzz
