/// @file

#include "core/transaction/server_transactions.hpp"

#include "core/base/heap_bytes.hpp"

#include <algorithm>

namespace reginfo {
namespace {

constexpr std::uint64_t kIdentityKey = 1;
constexpr std::uint64_t kBranchKey = 2;

/// The status of an answer that shows nothing of the fate of the request.
constexpr int kShowsNothing = 503;

/// Whether a Record has fields for the whole reply.
bool is_plain(const Reply& reply) {
    return reply.reason.empty() && !reply.min_expires && !reply.retry_after &&
           reply.unsupported.empty();
}

}  // namespace

ServerTransactions::ServerTransactions(std::uint64_t seed, Duration timer_j)
    : seed_(seed),
      timer_j_(timer_j),
      by_key_(KeyHash{this}, KeyEqual{this}),
      by_identity_(IdentityHash{this}, IdentityEqual{this}) {}

TransactionKey ServerTransactions::key_of(const sip::Message& request, const sip::Via& via) const {
    const bool is_ack = request.method == sip::Method::ack;
    return key_of(request, via, is_ack ? sip::Method::invite : request.method, request.method_text);
}

TransactionKey ServerTransactions::key_of(
    const sip::Message& request,
    const sip::Via& via,
    sip::Method method,
    std::string_view method_text
) const {
    Hasher hasher(seed_, kBranchKey);
    hasher.add(static_cast<std::uint64_t>(method));
    if (method == sip::Method::other) hasher.add(method_text);
    // A branch of the cookie alone is not unique (RFC 4475 §3.2.1).
    if (via.branch.size() > sip::kMagicCookie.size() && via.branch.starts_with(sip::kMagicCookie)) {
        return hasher.add(via.branch).add(via.host).add(via.port).finish();
    }
    const auto tag_in = [&](sip::HeaderName name) {
        const auto value = request.first(name);
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        return address ? address->tag : std::string_view{};
    };
    // An ACK has the To tag of the response. ACK and CANCEL have their own method in CSeq.
    const auto cseq = sip::parse_cseq(request.first(sip::HeaderName::cseq).value_or(""));
    return hasher.add(request.request_uri)
        .add(method == sip::Method::invite ? "" : tag_in(sip::HeaderName::to))
        .add(tag_in(sip::HeaderName::from))
        .add(request.first(sip::HeaderName::call_id).value_or(""))
        .add(cseq ? cseq->number : 0)
        .add(via.text)
        .finish();
}

std::uint64_t ServerTransactions::identity_of(
    std::string_view from_tag,
    std::string_view call_id,
    const sip::CSeq& cseq,
    std::string_view place
) const {
    Hasher hasher(seed_, kIdentityKey);
    hasher.add(std::uint64_t{cseq.number} << 32U | static_cast<std::uint64_t>(cseq.method));
    if (cseq.method == sip::Method::other) hasher.add(cseq.method_text);
    const std::uint64_t identity = hasher.add(from_tag).add(call_id).add(place).finish_low();
    return identity != 0 ? identity : 1;
}

ServerTransactions::Same ServerTransactions::same_request(std::uint64_t identity) const {
    if (identity == 0) return {};
    if (const Number* const number = by_identity_.find(identity)) {
        const Finished& same = finished(*number);
        return {same.key, &same.record};
    }
    const auto entry = trying_by_identity_.find(identity);
    if (entry == trying_by_identity_.end()) return {};
    return {entry->second, &trying_.find(entry->second)->second.record};
}

const ServerTransactions::Record* ServerTransactions::find(const TransactionKey& key) const {
    if (const Number* const number = by_key_.find(key)) return &finished(*number).record;
    const auto entry = trying_.find(key);
    return entry == trying_.end() ? nullptr : &entry->second.record;
}

Reply ServerTransactions::reply_of(const TransactionKey& key, const Record& record) const {
    if (record.is_rare) return rare_.find(key)->second;
    Reply reply;
    reply.status = record.status;
    if (record.has_expires) reply.expires = Seconds{record.expires};
    if (record.etag != 0) reply.etag = record.etag;
    reply.makes_dialog = record.makes_dialog;
    return reply;
}

void ServerTransactions::open(
    const TransactionKey& key,
    std::uint64_t identity,
    std::uint64_t to_tag,
    bool in_dialog,
    std::optional<Shard> shard
) {
    Trying trying;
    trying.record.in_dialog = in_dialog;
    trying.record.has_shard = shard.has_value();
    trying.record.shard = shard.value_or(0);
    trying.record.to_tag = to_tag;
    trying.identity = identity;
    trying_.emplace(key, trying);
    if (identity != 0) trying_by_identity_.emplace(identity, key);
}

std::uint64_t ServerTransactions::complete(
    TimePoint now,
    const TransactionKey& key,
    const Reply& reply,
    bool reliable
) {
    const auto entry = trying_.find(key);
    if (entry == trying_.end()) return 0;
    Finished done{key, entry->second.identity, entry->second.record, now + timer_j_};
    end_trying(entry);
    Record& record = done.record;
    const bool says_nothing = reply.status == kShowsNothing && !record.in_dialog;
    if (says_nothing || by_identity_.find(done.identity)) done.identity = 0;
    record.is_found_by_key = !reliable;
    record.status = static_cast<std::uint16_t>(reply.status);
    record.has_expires = reply.expires.has_value();
    record.expires = static_cast<std::uint32_t>(reply.expires.value_or(Seconds{0}).count());
    record.etag = reply.etag.value_or(0);
    record.makes_dialog = reply.makes_dialog;
    // A branch that was used twice over TCP has one rare reply.
    record.is_rare = !is_plain(reply) && !rare_.contains(key);
    if (record.is_rare) rare_.emplace(key, reply);
    finished_.push_back(done);
    const auto number = static_cast<Number>(first_ + finished_.size() - 1);
    if (!reliable) by_key_.emplace(number);
    if (done.identity != 0) by_identity_.emplace(number);
    return record.to_tag;
}

void ServerTransactions::abandon(const TransactionKey& key) {
    const auto entry = trying_.find(key);
    if (entry != trying_.end()) end_trying(entry);
}

void ServerTransactions::end_trying(TryingTable::const_iterator entry) {
    const std::uint64_t identity = entry->second.identity;
    const auto same =
        identity == 0 ? trying_by_identity_.end() : trying_by_identity_.find(identity);
    if (same != trying_by_identity_.end() && same->second == entry->first) {
        trying_by_identity_.erase(same);
    }
    trying_.erase(entry);
}

/// Without the reason phrases of rare replies, which are short.
std::size_t ServerTransactions::bytes() const {
    return table_bytes(trying_) + finished_.size() * sizeof(Finished) + by_key_.bytes() +
           by_identity_.bytes() + table_bytes(trying_by_identity_) + table_bytes(rare_);
}

TransactionRecord ServerTransactions::record_of(const TransactionKey& key) const {
    TransactionRecord record;
    const auto entry = trying_.find(key);
    if (entry == trying_.end()) return record;
    record.identity = entry->second.identity;
    record.to_tag = entry->second.record.to_tag;
    return record;
}

void ServerTransactions::restore(
    const TransactionKey& key,
    const TransactionRecord& record,
    TimePoint until,
    std::optional<Shard> shard
) {
    if (find(key)) return;
    open(key, record.identity, record.to_tag, false, shard);
    complete(until - timer_j_, key, record.reply);
}

bool ServerTransactions::expire(TimePoint now, std::size_t count) {
    const auto is_over = [&] { return !finished_.empty() && finished_.front().until <= now; };
    if (!is_over()) return false;
    for (; count > 0 && is_over(); --count) forget_oldest();
    give_back_memory();
    return is_over();
}

void ServerTransactions::forget_oldest() {
    if (finished_.empty()) return;
    unlist(finished_.front());
    pop_front();
    for (; !finished_.empty() && is_dropped(finished_.front()); --dropped_) pop_front();
}

void ServerTransactions::pop_front() {
    finished_.pop_front();
    ++first_;
}

void ServerTransactions::unlist(const Finished& one) {
    if (one.identity != 0) by_identity_.erase(one.identity);
    if (one.record.is_rare) rare_.erase(one.key);
    if (one.record.is_found_by_key) by_key_.erase(one.key);
}

/// Those at either end give their places back at once.
void ServerTransactions::drop(Shard shard) {
    for (Finished& one : finished_) {
        if (is_dropped(one) || !one.record.has_shard || one.record.shard != shard) continue;
        unlist(one);
        one.record = {};
        one.identity = 0;
        ++dropped_;
    }
    for (; !finished_.empty() && is_dropped(finished_.front()); --dropped_) pop_front();
    for (; !finished_.empty() && is_dropped(finished_.back()); --dropped_) finished_.pop_back();
    give_back_memory();
}

/// Shrinks tables that are much too large after a peak.
void ServerTransactions::give_back_memory() {
    constexpr std::size_t kSmall = 4096;
    const auto shrink = [](auto& table) {
        const bool large = table.bucket_count() > kSmall;
        if (large && table.size() < table.bucket_count() / 8) table.rehash(0);
    };
    shrink(trying_);
    shrink(trying_by_identity_);
    shrink(rare_);
    by_key_.shrink();
    by_identity_.shrink();
}

std::optional<TimePoint> ServerTransactions::next_deadline() const {
    if (finished_.empty()) return std::nullopt;
    return finished_.front().until;
}

}  // namespace reginfo
