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

    /// All documents have an `expires` for each contact, not only those of Kamailio.
    bool has_all_times = false;

    /// A SUBSCRIBE with this Call-ID will make a dialog.
    void add_dialog(
        const std::string& call_id,
        const std::string& aor,
        bool kamailio,
        bool is_fetch
    );

    void sent(TimePoint now, const Wire& notify, const std::string& bytes, const Flow& flow);
    /// A SUBSCRIBE was accepted. If the last subscription of that id is over, it makes a new one.
    /// @param may_suppress  the SUBSCRIBE may have had the entity-tag of the current state
    void subscribed(
        TimePoint now,
        const std::string& call_id,
        const std::string& id,
        bool may_suppress
    );
    /// A final response reached the engine.
    void answered(TimePoint now, const Wire& response);
    /// handle_flow_closed was called.
    /// @param refused  there never was a connection: its messages may use another flow unchanged
    void closed(TimePoint now, const Flow& flow, bool refused);
    /// A process has stopped: no NOTIFY is in flight any more, and only stored state is left.
    void stopped(TimePoint now);
    /// A process has crashed: the same, and CSeqs and versions may jump.
    void crashed(TimePoint now);
    /// The same for the dialogs of one AOR: another process goes on with them.
    void crashed(TimePoint now, const std::string& aor);
    /// The lease of the AOR's process runs out: silence from now on means nothing.
    void suspended(TimePoint now, const std::string& aor);
    /// It goes on. What was in flight is taken back, as if it had been answered.
    void taken_back(const std::string& aor);
    /// The name of the next hop of this dialog could not be resolved.
    void unreachable(const std::string& call_id) { dialogs_[call_id].may_be_dead = true; }

    /// Whether there was an event that ends subscriptions by RFC 6665 §4.2.2.
    bool may_be_dead(TimePoint now, const std::string& call_id);
    /// The time of the first NOTIFY with that document, by the branch of a NOTIFY.
    TimePoint sent_at(const std::string& branch) const { return sent_at_.at(branch); }

private:
    struct Usage {
        std::uint32_t version = 0;
        bool terminated = false;  ///< by a NOTIFY
        bool terminated_answered = false;
        bool may_restart = false;
        std::uint32_t crashes = 0;  ///< that its version accounts for
    };
    struct Dialog {
        std::string aor;
        bool kamailio = false;
        bool is_fetch = false;
        bool may_be_dead = false;
        bool has_accepted = false;  ///< then a subscription of Kamailio survives timeouts
        std::uint32_t cseq = 0;
        std::uint32_t cseq_crashes = 0;  ///< since the last NOTIFY
        std::uint32_t crashes = 0;
        std::string branch;
        std::string bytes;
        std::string usage;
        Flow flow;
        TimePoint at;
        TimePoint silent_since;  ///< of the first unanswered NOTIFY, if there is one
        bool over = true;        ///< the last NOTIFY is answered, or its flow has ended
        bool flow_gone = false;  ///< its flow has ended, without an answer
        bool refused = false;    ///< and the watcher never got the NOTIFY
        bool repeats = false;    ///< the last NOTIFY has the CSeq of the one before
        std::map<std::string, Usage> usages;
    };

    static void stop(TimePoint now, Dialog& dialog);
    static void crash(TimePoint now, Dialog& dialog);
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
