#include "core/transaction/client_transactions.hpp"

#include "core/base/ascii.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

/// Whether the sent-by of the Via is the one of that listener (RFC 3261 §18.1.2).
bool is_sent_by(const ListenerSettings& listener, const sip::Via& via) {
    return equal_ignoring_case(via.host, listener.advertise_host) &&
           sip::port_or_default(via.port) == listener.advertise_port;
}

}  // namespace

void ClientTransactions::open(ClientTransaction& transaction, Shard shard) {
    do {
        transaction.branch = in_shard(shard, tokens_.next());
    } while (!by_branch_.emplace(transaction.branch, &transaction).second);
}

void ClientTransactions::send(TimePoint now, ClientTransaction& transaction, Outbox& outbox) {
    assert(by_branch_.contains(transaction.branch) && !transaction.head.empty());
    transaction.sent_at = now;
    transaction.last_sent_at = now;
    transaction.interval = settings_.t1;
    const bool is_repeated = !is_reliable(transaction.flow.transport);
    transaction.retransmit_at = is_repeated ? now + settings_.t1 : TimePoint::max();
    transaction.timeout_at = now + 64 * settings_.t1;
    head_bytes_ += transaction.head.capacity();
    stats_.notifies_in_flight = by_branch_.size();
    put(transaction, outbox);
}

void ClientTransactions::restart_timer_e(TimePoint now, ClientTransaction& transaction) const {
    assert(transaction.interval > Duration::zero());
    transaction.interval =
        transaction.proceeding ? settings_.t2 : std::min(2 * transaction.interval, settings_.t2);
    transaction.retransmit_at = now + transaction.interval;
}

void ClientTransactions::send_copy(TimePoint now, ClientTransaction& transaction, Outbox& outbox) {
    assert(!transaction.head.empty());
    transaction.last_sent_at = now;
    if (transaction.copies < std::numeric_limits<std::uint8_t>::max()) ++transaction.copies;
    ++stats_.retransmissions_sent;
    put(transaction, outbox);
}

void ClientTransactions::put(const ClientTransaction& transaction, Outbox& outbox) {
    std::string head = spare_texts_.take();
    head.assign(transaction.head);
    outbox.send(transaction.flow, std::move(head), transaction.tail);
}

ClientTransaction* ClientTransactions::find(std::string_view branch) const {
    const auto number = branch_of(branch);
    return number ? find(*number) : nullptr;
}

ClientTransaction* ClientTransactions::find(std::uint64_t branch) const {
    const auto entry = by_branch_.find(branch);
    return entry != by_branch_.end() ? entry->second : nullptr;
}

ClientTransaction* ClientTransactions::find_by_head(std::string_view head) const {
    constexpr std::string_view kParameter = ";branch=";
    const std::size_t begin = head.find(kParameter);
    if (begin == std::string_view::npos) return nullptr;
    const std::string_view rest = head.substr(begin + kParameter.size());
    return find(rest.substr(0, rest.find_first_of(";,\r")));
}

ClientTransaction* ClientTransactions::match(
    const sip::Message& response,
    const sip::Via& top_via,
    sip::Method method
) const {
    ClientTransaction* const found = find(top_via.branch);
    if (!found || !is_sent_by(settings_.listeners[found->flow.listener], top_via)) return nullptr;
    const auto text = response.first(sip::HeaderName::cseq);
    const auto cseq = text ? sip::parse_cseq(*text) : std::nullopt;
    const bool is_of_request = cseq && cseq->method == method && cseq->number == found->cseq;
    return is_of_request ? found : nullptr;
}

std::vector<std::uint64_t> ClientTransactions::branches() const {
    std::vector<std::uint64_t> all;
    all.reserve(by_branch_.size());
    for (const auto& [branch, transaction] : by_branch_) all.push_back(branch);
    return all;
}

void ClientTransactions::close(ClientTransaction& transaction) {
    [[maybe_unused]] const std::size_t erased = by_branch_.erase(transaction.branch);
    assert(erased == 1 && head_bytes_ >= transaction.head.capacity());
    head_bytes_ -= transaction.head.capacity();
    spare_texts_.give(std::move(transaction.head));
    stats_.notifies_in_flight = by_branch_.size();
}

}  // namespace reginfo
