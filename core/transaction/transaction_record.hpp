/// @file
/// Finished transactions as bytes, for the store.
#pragma once

#include "core/transaction/server_transactions.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

std::string transaction_key(const TransactionKey& key);
std::optional<TransactionKey> parse_transaction_key(std::string_view bytes);

/// A reply with a durable effect is always a plain 2xx: other fields are not encoded.
std::string encode(const TransactionRecord& transaction);
std::optional<TransactionRecord> decode_transaction(std::string_view bytes);

}  // namespace reginfo
