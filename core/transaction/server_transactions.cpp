/// @file

#include "core/transaction/server_transactions.hpp"

#include "core/event/footprint.hpp"

#include <algorithm>

namespace reginfo {
namespace {

constexpr std::string_view kMagicCookie = "z9hG4bK";

constexpr std::uint64_t kIdentityKey = 1;
constexpr std::uint64_t kBranchKey = 2;

/// Whether the fields of a Record hold all of it.
bool is_plain(const Reply& reply) {
    return reply.reason.empty() && !reply.min_expires && !reply.retry_after &&
           reply.unsupported.empty();
}

}  // namespace

Reply ServerTransactions::Record::reply() const {
    if (rare) return *rare;
    Reply reply;
    reply.status = status;
    if (has_expires) reply.expires = Seconds{expires};
    if (etag != 0) reply.etag = etag;
    reply.makes_dialog = makes_dialog;
    return reply;
}

ServerTransactions::ServerTransactions(std::uint64_t seed, Duration timer_j)
    : seed_(seed), timer_j_(timer_j) {}

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
    // The cookie alone makes no branch unique (RFC 4475 §3.2.1).
    if (via.branch.size() > kMagicCookie.size() && via.branch.starts_with(kMagicCookie)) {
        return hasher.add(via.branch).add(via.host).add(via.port).finish();
    }
    const auto tag_in = [&](sip::HeaderName name) {
        const auto value = request.first(name);
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        return address ? address->tag : std::string_view{};
    };
    // An ACK has the To tag of the response, and like a CANCEL a method of its own in CSeq.
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
    const sip::CSeq& cseq
) const {
    return Hasher(seed_, kIdentityKey)
        .add(from_tag)
        .add(call_id)
        .add(cseq.number)
        .add(cseq.method_text)
        .finish()
        .low;
}

const ServerTransactions::Record* ServerTransactions::find(const TransactionKey& key) const {
    const auto at = records_.find(key);
    return at == records_.end() ? nullptr : &at->second.record;
}

void ServerTransactions::begin(
    const TransactionKey& key,
    std::uint64_t identity,
    std::uint64_t to_tag
) {
    Entry entry;
    entry.record.to_tag = to_tag;
    entry.identity = identity;
    records_.emplace(key, std::move(entry));
    identities_.emplace(identity, key);
}

std::uint64_t ServerTransactions::complete(
    TimePoint now,
    const TransactionKey& key,
    const Reply& reply,
    bool reliable
) {
    const auto at = records_.find(key);
    if (at == records_.end()) return 0;
    Record& record = at->second.record;
    const std::uint64_t to_tag = record.to_tag;
    if (reliable) {
        erase(key);
        return to_tag;
    }
    record.status = static_cast<std::uint16_t>(reply.status);
    record.has_expires = reply.expires.has_value();
    record.expires = static_cast<std::uint32_t>(reply.expires.value_or(Seconds{0}).count());
    record.etag = reply.etag.value_or(0);
    record.makes_dialog = reply.makes_dialog;
    if (!is_plain(reply)) {
        if (!record.rare) ++rare_;
        record.rare = std::make_unique<const Reply>(reply);
    }
    finished_.push_back({now + timer_j_, key});
    return to_tag;
}

void ServerTransactions::abandon(const TransactionKey& key) { erase(key); }

void ServerTransactions::erase(const TransactionKey& key) {
    const auto at = records_.find(key);
    if (at == records_.end()) return;
    const auto identity = identities_.find(at->second.identity);
    if (identity != identities_.end() && identity->second == key) identities_.erase(identity);
    if (at->second.record.rare) --rare_;
    records_.erase(at);
}

/// Reason phrases of rare replies apart, which are short.
std::size_t ServerTransactions::bytes() const {
    return table_bytes(records_) + table_bytes(identities_) + finished_.size() * sizeof(Finished) +
           rare_ * heap_bytes(sizeof(Reply));
}

TransactionRecord ServerTransactions::record_of(const TransactionKey& key) const {
    TransactionRecord record;
    const auto at = records_.find(key);
    if (at == records_.end()) return record;
    record.identity = at->second.identity;
    record.to_tag = at->second.record.to_tag;
    return record;
}

void ServerTransactions::restore(
    const TransactionKey& key,
    const TransactionRecord& record,
    TimePoint until
) {
    begin(key, record.identity, record.to_tag);
    complete(until - timer_j_, key, record.reply, false);
}

bool ServerTransactions::expire(TimePoint now, std::size_t count) {
    for (; count > 0 && !finished_.empty() && finished_.front().at <= now; --count) {
        erase(finished_.front().key);
        finished_.pop_front();
    }
    return !finished_.empty() && finished_.front().at <= now;
}

std::optional<TimePoint> ServerTransactions::next_deadline() const {
    if (finished_.empty()) return std::nullopt;
    return finished_.front().at;
}

}  // namespace reginfo
