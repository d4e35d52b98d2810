/// @file

#include "tests/sim/notify_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace reginfo::sim {
namespace {

using std::chrono::seconds;

constexpr Duration kTimerF = seconds{32};

/// CSeqs and versions reserved at a time (RULES.md, "One NOTIFY in flight").
constexpr std::uint32_t kRange = 64;

/// Two seconds without a NOTIFY (RULES.md, "Work follows change"), one for the cache, one for
/// rounding.
constexpr std::int64_t kExpiresSlack = 4;

/// The least time from an unanswered NOTIFY to the next one: T1 after a refresh of the same usage,
/// and after a last NOTIFY, whose time may be over.
Duration patience(bool kamailio, bool may_be_refreshed, bool was_last) {
    constexpr Duration kT1 = std::chrono::milliseconds{500};
    if (was_last) return kT1;
    if (kamailio) return seconds{1};
    return may_be_refreshed ? kT1 : Duration{seconds{4}};
}

}  // namespace

/// The last NOTIFYs of the dialog were not answered in time, which ends the subscription of the
/// last.
bool NotifyLog::is_timed_out(TimePoint now, const Dialog& dialog) {
    if (dialog.over || now - dialog.silent_since < kTimerF) return false;
    const auto usage = dialog.usages.find(dialog.usage);
    const bool is_last = usage != dialog.usages.end() && usage->second.terminated;
    // For a Kamailio that has accepted a NOTIFY, a NOTIFY that does not terminate is repeated.
    return !dialog.kamailio || !dialog.has_accepted || is_last;
}

void NotifyLog::add_dialog(
    const std::string& call_id,
    const std::string& aor,
    bool kamailio,
    bool is_fetch
) {
    Dialog& dialog = dialogs_[call_id];
    dialog.aor = aor;
    dialog.kamailio = kamailio;
    dialog.is_fetch = is_fetch;
}

void NotifyLog::subscribed(
    TimePoint now,
    const std::string& call_id,
    const std::string& id,
    bool may_suppress
) {
    Dialog& dialog = dialogs_[call_id];
    if (is_timed_out(now, dialog)) dialog.may_be_dead = true;
    Usage& usage = dialog.usages[id];
    const bool is_anew = usage.terminated;
    if (is_anew) {
        usage = {};
        usage.crashes = dialog.crashes;
    }
    usage.may_restart = dialog.may_be_dead || (is_anew && may_suppress);
}

void NotifyLog::sent(
    TimePoint now,
    const Wire& notify,
    const std::string& bytes,
    const Flow& flow
) {
    const auto at = dialogs_.find(notify.header("Call-ID"));
    if (at == dialogs_.end()) throw Violation("NOTIFY without a dialog: " + bytes);
    Dialog& dialog = at->second;
    if (notify.branch() == dialog.branch) {
        if (bytes != dialog.bytes) throw Violation("retransmission differs: " + bytes);
        if (dialog.over) throw Violation("retransmission of an answered NOTIFY: " + bytes);
        return;
    }
    check_turn(now, dialog, notify, flow);
    dialog.repeats = notify.cseq() == dialog.cseq;
    if (is_timed_out(now, dialog)) dialog.may_be_dead = true;
    dialog.cseq = notify.cseq();
    dialog.cseq_crashes = 0;
    dialog.branch = notify.branch();
    dialog.bytes = bytes;
    dialog.usage = notify.param("Event", "id");
    dialog.flow = flow;
    dialog.at = now;
    if (dialog.over && !dialog.flow_gone) dialog.silent_since = now;
    dialog.over = false;
    dialog.flow_gone = false;
    dialog.refused = false;
    sent_at_[dialog.branch] = now;

    Usage& usage = dialog.usages[dialog.usage];
    const std::string state = notify.header("Subscription-State");
    const bool terminated = state.starts_with("terminated");
    if (!terminated && state.find(";expires=") == std::string::npos) {
        throw Violation("Subscription-State without expires: " + bytes);
    }
    if (usage.terminated && (!terminated || usage.terminated_answered)) {
        throw Violation("NOTIFY after terminated: " + bytes);
    }
    usage.terminated = terminated;
    check_document(now, dialog, usage, notify);
}

void NotifyLog::check_turn(
    TimePoint now,
    const Dialog& dialog,
    const Wire& notify,
    const Flow& flow
) const {
    const std::uint32_t step = notify.cseq() - dialog.cseq;
    const bool by_udp_instead =
        dialog.refused && flow.transport == Transport::udp;  // RFC 3261 §18.1.1
    const std::uint32_t least = by_udp_instead ? 0 : 1;
    if (step < least || step > 1 + dialog.cseq_crashes * kRange) {
        throw Violation(
            "CSeq " + notify.header("CSeq") + " after " + std::to_string(dialog.cseq) + " in " +
            notify.header("Call-ID")
        );
    }
    const bool same_usage = notify.param("Event", "id") == dialog.usage;
    const auto before = dialog.usages.find(dialog.usage);
    const bool was_last = before != dialog.usages.end() && before->second.terminated;
    if (!dialog.over && now - dialog.at < patience(dialog.kamailio, same_usage, was_last)) {
        throw Violation("two NOTIFYs in flight: " + notify.header("Call-ID"));
    }
}

void NotifyLog::check_document(TimePoint now, Dialog& dialog, Usage& usage, const Wire& notify) {
    const Expected& expected = model_.expected(dialog.aor);
    if (notify.body.empty() && usage.may_restart) return;  // suppressed after a new SUBSCRIBE
    if (notify.body.empty()) {
        if (!dialog.kamailio) throw Violation("NOTIFY without a document");
        if (!expected.active.empty()) {
            throw Violation("no document although there are contacts: " + dialog.aor);
        }
        return;
    }
    const Told told(notify.body);
    if (usage.may_restart && told.version == 0) usage.version = 0;
    usage.may_restart = false;
    if (dialog.repeats && told.version + 1 == usage.version) --usage.version;
    const std::uint32_t jump = told.version - usage.version;
    if (jump > (dialog.crashes - usage.crashes) * kRange) {
        throw Violation(
            "version " + std::to_string(told.version) + " instead of " +
            std::to_string(usage.version) + " in " + notify.header("Call-ID")
        );
    }
    usage.version = told.version + 1;
    usage.crashes = dialog.crashes;
    check_contacts(now, dialog, told);
}

/// A full document lists exactly the active contacts, and ended ones; a partial one some of them.
void NotifyLog::check_contacts(TimePoint now, const Dialog& dialog, const Told& told) {
    const Expected& expected = model_.expected(dialog.aor);
    const std::string where = " (" + dialog.aor + ", " + dialog.bytes + ")";
    for (const auto& [uri, contact] : told.contacts) {
        const auto [id, fresh] = id_of_.emplace(dialog.aor + uri, contact.id);
        const auto [of, unique] = contact_of_.emplace(contact.id, dialog.aor + uri);
        if (id->second != contact.id || of->second != dialog.aor + uri) {
            throw Violation("id of " + uri + where);
        }
        if (!contact.active || expected.undecided.contains(uri)) continue;
        const auto at = expected.active.find(uri);
        if (at == expected.active.end()) throw Violation(uri + " is not active" + where);
        const ExpectedContact& wanted = at->second;
        if (!dialog.kamailio || !wanted.callid.empty()) {
            if (contact.callid != wanted.callid) throw Violation("callid of " + uri + where);
        }
        if ((!dialog.kamailio || wanted.cseq) && contact.cseq != wanted.cseq) {
            throw Violation("cseq of " + uri + where);
        }
        const auto left = std::chrono::floor<Seconds>(wanted.deadline - now).count();
        const bool fits =
            std::abs(std::max<std::int64_t>(left, 0) - contact.expires) <= kExpiresSlack;
        // Only Kamailio gets an `expires` that was not published: it needs one.
        const bool numbered = wanted.own_clock || dialog.kamailio || has_all_times;
        if (numbered != (contact.expires >= 0)) throw Violation("expires of " + uri + where);
        if (wanted.own_clock && !fits) {
            throw Violation(
                "expires " + std::to_string(contact.expires) + " instead of " +
                std::to_string(left) + " for " + uri + where
            );
        }
    }
    if ((told.state == "active") != !expected.active.empty() && expected.undecided.empty()) {
        throw Violation("registration state" + where);
    }
    if (!told.full) return;
    for (const auto& [uri, wanted] : expected.active) {
        const auto at = told.contacts.find(uri);
        const bool listed = at != told.contacts.end() && at->second.active;
        if (!listed && !expected.undecided.contains(uri)) {
            throw Violation(uri + " is active but not listed" + where);
        }
    }
    const bool any = std::any_of(told.contacts.begin(), told.contacts.end(), [](const auto& c) {
        return c.second.active;
    });
    if ((told.state == "active") != any) throw Violation("registration state" + where);
}

void NotifyLog::answered(TimePoint now, const Wire& response) {
    const auto at = dialogs_.find(response.header("Call-ID"));
    if (at == dialogs_.end()) return;
    Dialog& dialog = at->second;
    if (dialog.branch != response.branch() || dialog.over || response.status() < 200) return;
    dialog.over = true;
    if (now - dialog.at >= kTimerF && !(dialog.kamailio && dialog.has_accepted)) {
        dialog.may_be_dead = true;
    }
    if (response.status() < 300) dialog.has_accepted = true;
    if (response.status() == 481) dialog.may_be_dead = true;
    Usage& usage = dialog.usages[dialog.usage];
    usage.terminated_answered = usage.terminated;
    if (usage.terminated && response.status() >= 300) dialog.may_be_dead = true;
}

void NotifyLog::closed(TimePoint now, const Flow& flow, bool refused) {
    for (auto& [call_id, dialog] : dialogs_) {
        Flow used = dialog.flow;
        used.listener = flow.listener;
        if (dialog.over || !(used == flow)) continue;
        if (flow.connection == 0 || is_timed_out(now, dialog)) dialog.may_be_dead = true;
        dialog.over = true;
        dialog.flow_gone = true;
        dialog.refused = refused;
    }
}

void NotifyLog::stop(TimePoint now, Dialog& dialog) {
    if (is_timed_out(now, dialog)) dialog.may_be_dead = true;
    dialog.over = true;
    dialog.refused = false;
    if (dialog.is_fetch) {  // it is not stored: a copy of the request is another fetch
        dialog.cseq = 0;
        dialog.usages.clear();
    }
    for (auto& [id, usage] : dialog.usages) {
        // Its end may not be stored yet: then it ends once more.
        if (usage.terminated) dialog.may_be_dead = true;
        usage.terminated = false;
        usage.terminated_answered = false;
    }
}

void NotifyLog::crash(TimePoint now, Dialog& dialog) {
    stop(now, dialog);
    ++dialog.cseq_crashes;
    ++dialog.crashes;
    dialog.has_accepted = false;  // it may not have been stored
}

void NotifyLog::stopped(TimePoint now) {
    for (auto& [call_id, dialog] : dialogs_) stop(now, dialog);
}

void NotifyLog::crashed(TimePoint now) {
    for (auto& [call_id, dialog] : dialogs_) crash(now, dialog);
}

void NotifyLog::crashed(TimePoint now, const std::string& aor) {
    for (auto& [call_id, dialog] : dialogs_) {
        if (dialog.aor == aor) crash(now, dialog);
    }
}

void NotifyLog::suspended(TimePoint now, const std::string& aor) {
    for (auto& [call_id, dialog] : dialogs_) {
        if (dialog.aor == aor && is_timed_out(now, dialog)) dialog.may_be_dead = true;
    }
}

void NotifyLog::taken_back(const std::string& aor) {
    for (auto& [call_id, dialog] : dialogs_) {
        if (dialog.aor != aor) continue;
        dialog.over = true;
        dialog.flow_gone = false;
        dialog.refused = false;
    }
}

bool NotifyLog::may_be_dead(TimePoint now, const std::string& call_id) {
    const Dialog& dialog = dialogs_[call_id];
    return dialog.may_be_dead || is_timed_out(now, dialog);
}

}  // namespace reginfo::sim
