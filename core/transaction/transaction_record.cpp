/// @file

#include "core/transaction/transaction_record.hpp"

#include "core/base/byte_reader.hpp"
#include "core/base/byte_writer.hpp"

#include <algorithm>

namespace reginfo {
namespace {

constexpr std::uint64_t kTransactionLayout = 1;

}  // namespace

std::string transaction_key(const TransactionKey& key) {
    return ByteWriter().number(key.high).number(key.low).take();
}

std::optional<TransactionKey> parse_transaction_key(std::string_view bytes) {
    ByteReader in(bytes);
    TransactionKey key;
    key.high = in.number();
    key.low = in.number();
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return key;
}

std::string encode(const TransactionRecord& transaction) {
    const Reply& reply = transaction.reply;
    return ByteWriter()
        .number(kTransactionLayout)
        .number(transaction.identity)
        .number(transaction.to_tag)
        .number(static_cast<std::uint64_t>(reply.status))
        .flag(reply.expires.has_value())
        .signed_number(reply.expires.value_or(Seconds{0}).count())
        .number(reply.etag.value_or(0))
        .flag(reply.makes_dialog)
        .take();
}

std::optional<TransactionRecord> decode_transaction(std::string_view bytes) {
    ByteReader in(bytes);
    const bool is_known_layout = in.number() == kTransactionLayout;
    TransactionRecord transaction;
    transaction.identity = in.number();
    transaction.to_tag = in.number();
    Reply& reply = transaction.reply;
    reply.status = static_cast<int>(std::min<std::uint64_t>(in.number(), 699));
    const bool has_expires = in.flag();
    const Seconds expires{in.signed_number()};
    if (has_expires) reply.expires = expires;
    const EntityTag etag = in.number();
    if (etag != 0) reply.etag = etag;
    reply.makes_dialog = in.flag();
    if (!is_known_layout || !in.ok() || !in.at_end()) return std::nullopt;
    return transaction;
}

}  // namespace reginfo
