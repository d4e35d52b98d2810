/// @file

#include "core/storage/transaction_journal.hpp"

#include "core/storage/checksum.hpp"

#include <algorithm>

namespace reginfo {
namespace {

constexpr std::int64_t kMarkInterval = 1000;

std::int64_t sum_of(
    TransactionJournal::Seq seq,
    std::string_view key,
    std::string_view value,
    Stamp written
) {
    return Checksum()
        .add(static_cast<std::uint64_t>(Bucket::transaction) << 1U | 1U)
        .add(static_cast<std::uint64_t>(seq))
        .add(static_cast<std::uint64_t>(written))
        .add(key)
        .add(value)
        .finish();
}

}  // namespace

TransactionJournal::TransactionJournal(const SqliteConnection& connection, const Options& options)
    : options_(options),
      append_(
          connection,
          "INSERT INTO txn(seq, written, key, value, sum) VALUES(?1, ?2, ?3, ?4, ?5)"
      ),
      load_(connection, "SELECT seq, written, key, value, sum FROM txn ORDER BY seq"),
      cut_(connection, "DELETE FROM txn WHERE seq <= ?1") {}

void TransactionJournal::load(Stamp now, const Visit& visit) {
    while (load_.step()) {
        const Seq seq = load_.number(0);
        next_ = seq + 1;
        if (cut_to_ == 0) cut_to_ = seq - 1;
        const Row row{load_.number(1), load_.blob(2), load_.blob(3)};
        note(row.written, seq, row.key.size() + row.value.size());
        if (row.written <= now - options_.memory) continue;
        const bool is_sound = load_.is_null(4)
                                  ? options_.has_unsummed
                                  : sum_of(seq, row.key, row.value, row.written) == load_.number(4);
        visit({row.written, row.key, row.value, is_sound});
    }
}

void TransactionJournal::start_transaction() {
    marks_before_ = marks_;
    next_before_ = next_;
    cut_to_before_ = cut_to_;
}

void TransactionJournal::roll_back() {
    marks_ = marks_before_;
    next_ = next_before_;
    cut_to_ = cut_to_before_;
}

void TransactionJournal::note(Stamp stamp, Seq seq, std::size_t bytes) {
    if (marks_.empty() || stamp - marks_.back().stamp >= kMarkInterval) {
        marks_.push_back({stamp, seq, 0});
    }
    marks_.back().last = seq;
    marks_.back().bytes += bytes + 36;
}

void TransactionJournal::append(const Write& write, Stamp stamp) {
    const std::string_view value = write.value ? std::string_view(*write.value) : "";
    const Seq seq = next_++;
    append_.bind(1, seq).bind(2, stamp).bind_blob(3, write.key).bind_blob(4, value);
    append_.bind(5, sum_of(seq, write.key, value, stamp)).run();
    note(stamp, seq, write.key.size() + value.size());
}

bool TransactionJournal::wants_pruning(Stamp now) const {
    // The last row stays at any age, so that no number is used again.
    return !marks_.empty() && marks_.front().stamp + kMarkInterval < now - options_.memory &&
           cut_to_ + 2 < next_;
}

void TransactionJournal::prune(Stamp now, std::int64_t rows_max) {
    const Seq most = std::min(cut_to_ + rows_max, next_ - 2);
    const Seq before = cut_to_;
    while (wants_pruning(now) && cut_to_ < most) {
        cut_to_ = std::min(marks_.front().last, most);
        if (cut_to_ == marks_.front().last) marks_.pop_front();
    }
    if (cut_to_ > before) cut_.bind(1, cut_to_).run();
}

std::size_t TransactionJournal::bytes() const {
    std::size_t bytes = 0;
    for (const Mark& mark : marks_) bytes += mark.bytes;
    return bytes;
}

}  // namespace reginfo
