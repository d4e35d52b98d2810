/// @file
/// Where requests within dialogs go (RFC 3261 §8.1.2, RFC 3263 §4).
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/routed_dialog.hpp"
#include "core/event/notify/hop.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace reginfo {

/// The name of the next hop is being looked up; NextHops::resolved has the result.
struct Resolving {};

/// The next hop cannot be reached from any listener, or nothing may be sent to it.
struct NoRoute {};

using NextHopAnswer = std::variant<Flow, Resolving, NoRoute>;

/// What a look-up found for a dialog.
struct Resolution {
    enum class Kind : std::uint8_t {
        found,
        no_address,  ///< the name has none
        no_route,    ///< none of its addresses can or may be used
    };

    RoutedDialog* dialog = nullptr;
    Kind kind = Kind::found;
};

/// Finds the next hops of dialogs, remembers which addresses fail, and which peers take no TCP.
///
/// A dialog's requests go to its next hop. Where that has several addresses, they are tried one
/// after the other (RFC 3263 §4.3). Where it has none that answers and the SUBSCRIBE came over a
/// connection, requests go back on that one.
///
/// Knows no subscriptions. Call forget() before a dialog is removed.
class NextHops {
public:
    /// @param settings, stats  must outlive this
    NextHops(const Settings& settings, Stats& stats, std::uint64_t hash_key);

    /// Numbers of look-ups go on where another one's are.
    void number_after(const NextHops& other) { last_resolve_ = other.last_resolve_; }

    /// The way to the dialog's next hop.
    /// @param asker  shares out the look-ups (Resolve::asker)
    NextHopAnswer next_hop(
        TimePoint now,
        RoutedDialog& dialog,
        std::uint64_t asker,
        Outbox& outbox
    );

    /// A look-up was answered. Returns nothing if nobody waits for it any more.
    std::optional<Resolution> resolved(
        TimePoint now,
        ResolveId id,
        std::span<const Target> targets,
        Outbox& outbox
    );

    /// Where the dialog's next request goes, if that is known without a look-up.
    static std::optional<Endpoint> known(const RoutedDialog& dialog);

    /// A response came from where the request went: that address does not fail.
    void answered(RoutedDialog& dialog, const Flow& flow);

    /// The candidate in use has failed (RFC 3263 §4.3).
    /// @param sent_by  by which the request left that was not answered; null if none did
    /// Returns whether another candidate takes its turn. If not, the name is looked up again.
    bool fail_over(TimePoint now, RoutedDialog& dialog, const Flow* sent_by, Outbox& outbox);
    /// Whether the address that such a request went to is the candidate in use.
    static bool is_candidate(const RoutedDialog& dialog, const Flow* sent_by);

    /// Whether there is a connection of the SUBSCRIBE that is not used yet.
    static bool can_go_back(const RoutedDialog& dialog);
    /// The Contact cannot be reached: requests go back on the connection of the SUBSCRIBE. Returns
    /// false, and changes nothing, if there is none.
    static bool go_back(RoutedDialog& dialog, Outbox& outbox);

    /// Both ways have failed: the Contact is tried first the next time. Returns whether
    /// requests went back.
    static bool try_contact_again(RoutedDialog& dialog);

    static bool has_other_way(const RoutedDialog& dialog) {
        return can_go_back(dialog) ||
               (dialog.candidates() && dialog.candidates()->has_alternative());
    }

    /// No request by the way in use had any response for as long as timer F.
    bool is_silent(TimePoint now, const RoutedDialog& dialog) const {
        return !is_deaf_ && dialog.silent_since && silent_until(dialog) <= now;
    }
    TimePoint silent_until(const RoutedDialog& dialog) const {
        return std::max(*dialog.silent_since, hears_since_) + 64 * settings_.t1;
    }

    /// From now on silence means nothing: nothing is sent.
    void suspend() { is_deaf_ = true; }
    /// It counts again, from now on.
    void resume(TimePoint now) {
        is_deaf_ = false;
        hears_since_ = now;
    }

    /// The same next hop by TCP, if a request of that size is too large for UDP (RFC 3261 §18.1.1)
    /// and the peer is not known to refuse TCP.
    std::optional<Flow> by_tcp(
        TimePoint now,
        const RoutedDialog& dialog,
        const Flow& flow,
        std::size_t bytes
    );
    /// The peer has refused TCP.
    void refuses_tcp(TimePoint now, const Endpoint& peer);

    /// The flow has ended. Returns whether there was a connection, so that what was sent on it may
    /// have arrived.
    bool was_connected(const Flow& gone);

    /// Target or route set has changed, or the dialog is about to go.
    void forget(RoutedDialog& dialog);

    bool is_resolving() const { return !resolving_.empty(); }

private:
    std::optional<ListenerId> listener_for(
        const RoutedDialog& dialog,
        Transport transport,
        const IpAddress& to
    ) const;
    std::optional<Target> candidate(TimePoint now, RoutedDialog& dialog) const;
    void look_up(RoutedDialog& dialog, const NextHop& hop, std::uint64_t asker, Outbox& outbox);
    bool is_forbidden(const RoutedDialog& dialog, const Endpoint& to, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    boost::unordered_flat_map<ResolveId, RoutedDialog*> resolving_;
    ResolveId last_resolve_ = 0;
    /// Peers that refused TCP, and until when that is believed.
    boost::unordered_flat_map<Flow, TimePoint, HopHash> udp_only_;
    /// Next hops that failed, and until when others are tried first.
    boost::unordered_flat_map<Flow, TimePoint, HopHash> failed_;
    bool is_deaf_ = false;
    TimePoint hears_since_{TimePoint::min()};
    Flow ended_;  ///< the address of the connection that ended last, if its id was given first
};

}  // namespace reginfo
