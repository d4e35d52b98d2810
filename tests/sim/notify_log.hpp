/// @file
/// Checks every NOTIFY as it leaves the engine (RULES.md, the sections on NOTIFYs).
#pragma once

#include "core/outbox.hpp"
#include "tests/sim/model.hpp"
#include "tests/sim/wire.hpp"

#include <map>
#include <string>

namespace reginfo::sim {

class NotifyLog {
public:
    explicit NotifyLog(Model& model) : model_(model) {}

    /// Not only Kamailios are told a time of each contact, also where nobody gave one.
    bool has_all_times = false;

    /// A dialog will be made by this Call-ID.
    void add_dialog(
        const std::string& call_id,
        const std::string& aor,
        bool kamailio,
        bool is_fetch
    );

    void sent(TimePoint now, const Wire& notify, const std::string& bytes, const Flow& flow);
    /// A SUBSCRIBE was accepted; where the last subscription of that id is over, it makes another.
    /// @param may_suppress  the SUBSCRIBE may have named the state that the watcher has
    void subscribed(
        TimePoint now,
        const std::string& call_id,
        const std::string& id,
        bool may_suppress
    );
    /// A final response reached the engine.
    void answered(TimePoint now, const Wire& response);
    /// The engine was told that this flow is gone.
    /// @param refused  there never was a connection: what was to go by it may go another way as it
    /// is
    void closed(TimePoint now, const Flow& flow, bool refused);
    /// All processes' ends: nothing is in flight any more, and what was not stored is not known.
    void stopped(TimePoint now);
    /// The same, and CSeqs and versions may jump.
    void crashed(TimePoint now);
    /// The name of this dialog's next hop could not be resolved.
    void unreachable(const std::string& call_id) { dialogs_[call_id].may_be_dead = true; }

    /// Whether something has happened by which RFC 6665 §4.2.2 ends subscriptions.
    bool may_be_dead(TimePoint now, const std::string& call_id);
    /// When that document left first, by the branch of its NOTIFY.
    TimePoint sent_at(const std::string& branch) const { return sent_at_.at(branch); }

private:
    struct Usage {
        std::uint32_t version = 0;
        bool terminated = false;  ///< a NOTIFY said so
        bool terminated_answered = false;
        bool may_restart = false;
        std::uint32_t crashes = 0;  ///< of which its version knows
    };
    struct Dialog {
        std::string aor;
        bool kamailio = false;
        bool is_fetch = false;
        bool may_be_dead = false;
        bool has_accepted = false;  ///< so that a Kamailio outlasts silence
        std::uint32_t cseq = 0;
        std::uint32_t cseq_crashes = 0;  ///< since the last NOTIFY
        std::uint32_t crashes = 0;
        std::string branch;
        std::string bytes;
        std::string usage;
        Flow flow;
        TimePoint at;
        TimePoint silent_since;  ///< the first NOTIFY that is not answered, where one is not
        bool over = true;        ///< the last NOTIFY is answered or its flow is gone
        bool flow_gone = false;  ///< the latter: the watcher is still silent
        bool refused = false;    ///< and had never got it
        bool repeats = false;    ///< the last NOTIFY has the CSeq of the one before
        std::map<std::string, Usage> usages;
    };

    static bool is_timed_out(TimePoint now, const Dialog& dialog);
    void check_turn(TimePoint now, const Dialog& dialog, const Wire& notify, const Flow& flow)
        const;
    void check_document(TimePoint now, Dialog& dialog, Usage& usage, const Wire& notify);
    void check_contacts(TimePoint now, const Dialog& dialog, const Told& told);

    Model& model_;
    std::map<std::string, Dialog> dialogs_;
    std::map<std::string, TimePoint> sent_at_;
    std::map<std::string, std::string> id_of_;       ///< by AOR and URI
    std::map<std::string, std::string> contact_of_;  ///< by id
};

}  // namespace reginfo::sim
