/// @file
/// The core of a user agent server (RFC 3261 §8.2): admits peers, finds the transaction of a
/// message, refuses requests whatever their method, and passes the others on.
#pragma once

#include "core/base/token_source.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/operation/recovery.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/memory_use.hpp"
#include "core/outbox.hpp"
#include "core/pressure.hpp"
#include "core/sip/message.hpp"
#include "core/sip/parser.hpp"
#include "core/stateless_refusals.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The parts that messages are passed on to. All must outlive the server.
struct UserAgentParts {
    const Settings& settings;
    Stats& stats;
    const MemoryHolders& memory;
    ServerTransactions& transactions;
    Responder& responder;
    NotifyScheduler& scheduler;
    Notifier& notifier;
    Compositor& compositor;
    Recovery& recovery;
    TokenSource& tokens;  ///< for To tags
    const OpenShards& shards;
};

class UserAgentServer {
public:
    explicit UserAgentServer(const UserAgentParts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          memory_(parts.memory),
          transactions_(parts.transactions),
          responder_(parts.responder),
          refusals_(settings_, stats_, transactions_, responder_),
          scheduler_(parts.scheduler),
          notifier_(parts.notifier),
          compositor_(parts.compositor),
          recovery_(parts.recovery),
          tokens_(parts.tokens),
          shards_(parts.shards) {}

    void handle_message(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);

    /// Refuses a request whose stream has lost its framing, by its head.
    void refuse_broken(
        const Flow& flow,
        std::string_view head,
        sip::ParseError error,
        Outbox& outbox
    );

    /// Serves a request that waited for a commit.
    void handle_waiting(TimePoint now, const WaitingRequest& waiting, Outbox& outbox);

    void set_pressure(Pressure pressure) { pressure_ = pressure; }
    /// Engine::handle_suspended; or it is over.
    void set_suspended(bool is_suspended) { is_suspended_ = is_suspended; }
    /// Whether another process has the state, if any.
    void set_standing_by(bool is_standing_by) { is_standing_by_ = is_standing_by; }
    bool is_standing_by() const { return is_standing_by_; }
    /// Engine::set_relaying
    void set_relaying(bool is_relaying) { is_relaying_ = is_relaying; }

private:
    Result<Request> read_message(
        const Flow& flow,
        const sip::Via& top_via,
        const TransactionKey& key
    );
    bool is_served(std::optional<Shard> shard) const;
    Reply answer_of_none() const;
    std::uint64_t identity_of(const Request& request) const;
    std::uint64_t new_to_tag(const Result<Request>& request);
    void response(TimePoint now, const Flow& flow, Outbox& outbox);
    void request(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);
    void execute(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    const ServerTransactions::Record* cancelled_by(const sip::Via& top_via) const;
    bool has_room(const Flow& flow, Outbox& outbox);
    bool comes_again_by_itself(const Flow& flow) const;
    bool shed(const Flow& flow, Outbox& outbox);
    bool refuse_for_memory(const Flow& flow, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    const MemoryHolders& memory_;
    ServerTransactions& transactions_;
    Responder& responder_;
    StatelessRefusals refusals_;
    NotifyScheduler& scheduler_;
    Notifier& notifier_;
    Compositor& compositor_;
    Recovery& recovery_;
    TokenSource& tokens_;
    const OpenShards& shards_;
    bool is_memory_full_ = false;  ///< when the last request came
    Pressure pressure_ = Pressure::none;
    bool is_suspended_ = false;
    bool is_standing_by_ = false;
    bool is_relaying_ = false;
    std::string aor_;       ///< scratch
    sip::Message message_;  ///< reused, so that parsing does not allocate
};

}  // namespace reginfo
