/// @file

#include "core/storage/record_journal.hpp"

#include "core/storage/checksum.hpp"
#include "core/storage/sqlite_statement.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace reginfo {
namespace {

constexpr std::array<const char*, 4> kBucketNames{"aor", "dialog", "txn", "unsettled"};

/// The bytes of a row in the file. A row that does not fit into its page has pages of its own.
std::uint32_t bytes_of(std::size_t key, std::size_t value) {
    constexpr std::size_t kHeader = 36;
    constexpr std::size_t kPageSize = 4096;
    constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
    const std::size_t payload = key + value + kHeader;
    if (payload <= kPageSize) return static_cast<std::uint32_t>(payload);
    return static_cast<std::uint32_t>(std::min((payload / (kPageSize - 4) + 1) * kPageSize, kMost));
}

/// A statement with the name of the table in place of '$'.
std::string sql(Bucket bucket, std::string text) {
    const std::size_t at = text.find('$');
    return text.replace(at, 1, RecordJournal::name_of(bucket));
}

}  // namespace

const char* RecordJournal::name_of(Bucket bucket) {
    return kBucketNames[static_cast<std::size_t>(bucket)];
}

RecordJournal::RecordJournal(
    const SqliteConnection& connection,
    Bucket bucket,
    const Options& options
)
    : bucket_(bucket),
      options_(options),
      append_(
          connection,
          sql(bucket, "INSERT INTO $(seq, written, key, value, sum) VALUES(?1, ?2, ?3, ?4, ?5)")
              .c_str()
      ),
      load_(
          connection,
          sql(bucket, "SELECT seq, written, key, value, sum FROM $ ORDER BY seq DESC").c_str()
      ),
      head_(
          connection,
          sql(bucket, "SELECT seq, written, key, value, sum FROM $ ORDER BY seq").c_str()
      ),
      scan_(
          connection,
          sql(bucket, "SELECT seq, key, length(value) FROM $ WHERE seq > ?1 ORDER BY seq LIMIT ?2")
              .c_str()
      ),
      cut_(connection, sql(bucket, "DELETE FROM $ WHERE seq <= ?1").c_str()),
      erase_(connection, sql(bucket, "DELETE FROM $ WHERE seq = ?1").c_str()) {}

Hash128 RecordJournal::hash_of(std::string_view key) const {
    return Hasher(options_.hash_seed, 0).add(key).finish();
}

std::int64_t RecordJournal::sum_of(Seq seq, const Content& content) const {
    Checksum sum;
    sum.add(static_cast<std::uint64_t>(bucket_) << 1U | (content.value ? 1U : 0U));
    sum.add(static_cast<std::uint64_t>(seq)).add(static_cast<std::uint64_t>(content.written));
    sum.add(content.key);
    if (content.value) sum.add(*content.value);
    return sum.finish();
}

/// @param row  with the columns seq, written, key, value, sum
RecordJournal::Content RecordJournal::content_of(const SqliteStatement& row) const {
    Content content{row.blob(2), std::nullopt, row.number(1)};
    if (!row.is_null(3)) content.value = row.blob(3);
    content.is_sound =
        row.is_null(4) ? options_.has_unsummed : sum_of(row.number(0), content) == row.number(4);
    return content;
}

/// From the newest row to the oldest, so that the first row of a key is its record.
void RecordJournal::load(const Visit& visit) {
    std::vector<Hash128> gone;
    while (load_.step()) {
        const Seq seq = load_.number(0);
        next_ = std::max(next_, seq + 1);
        const Content content = content_of(load_);
        const std::uint32_t bytes =
            bytes_of(content.key.size(), content.value.value_or(std::string_view()).size());
        total_ += bytes;
        const Hash128 hash = hash_of(content.key);
        if (!places_.try_emplace(hash, Place{seq, bytes}).second) continue;
        if (content.value && content.is_sound) {
            live_ += bytes;
        } else {
            gone.push_back(hash);  // hides older rows of the key until then
        }
        if (content.value || !content.is_sound) {
            visit({content.written, content.key, content.value.value_or(""), content.is_sound});
        }
    }
    for (const Hash128& key : gone) places_.erase(key);
}

void RecordJournal::start_transaction() {
    undo_.clear();
    next_before_ = next_;
    total_before_ = total_;
    live_before_ = live_;
}

void RecordJournal::roll_back() {
    for (auto change = undo_.rbegin(); change != undo_.rend(); ++change) {
        if (change->before) {
            places_[change->key] = *change->before;
        } else {
            places_.erase(change->key);
        }
    }
    undo_.clear();
    next_ = next_before_;
    total_ = total_before_;
    live_ = live_before_;
}

void RecordJournal::append(const Write& write, Stamp stamp) {
    Content content{write.key, std::nullopt, stamp};
    if (write.value) content.value = *write.value;
    put(content, true);
}

/// @param replaces_row  the previous row of the record still exists
void RecordJournal::put(const Content& content, bool replaces_row) {
    const Seq seq = next_++;
    // A damaged row stays damaged: a correct sum would hide that.
    const std::int64_t sum = sum_of(seq, content);
    append_.bind(1, seq).bind(2, content.written).bind_blob(3, content.key);
    append_.bind(5, content.is_sound ? sum : ~sum);
    if (content.value) {
        append_.bind_blob(4, *content.value);
    } else {
        append_.bind_null(4);
    }
    append_.run();
    const std::uint32_t bytes =
        bytes_of(content.key.size(), content.value.value_or(std::string_view()).size());
    total_ += bytes;

    const Hash128 key = hash_of(content.key);
    const auto at = places_.find(key);
    if (at != places_.end()) {
        const Place old = at->second;
        undo_.push_back({key, old});
        live_ -= old.bytes;
        if (replaces_row && old.bytes >= kLarge) {
            erase(old.seq);
            total_ -= old.bytes;
        }
        if (content.value) {
            at->second = {seq, bytes};
        } else {
            places_.erase(at);
        }
    } else if (content.value) {
        undo_.push_back({key, std::nullopt});
        places_.emplace(key, Place{seq, bytes});
    }
    if (content.value) live_ += bytes;
}

void RecordJournal::erase(Seq seq) { erase_.bind(1, seq).run(); }

void RecordJournal::clean(std::size_t bytes_max) {
    if (!wants_cleaning()) return;
    struct Kept {
        Write write;
        Stamp written;
        bool is_sound;
    };
    std::vector<Kept> kept;
    std::size_t looked_at = 0;
    Seq last = 0;
    while (looked_at < bytes_max && head_.step()) {
        const Seq seq = head_.number(0);
        if (seq + 1 == next_) break;
        last = seq;
        const Content row = content_of(head_);
        const std::string_view value = row.value.value_or(std::string_view());
        looked_at += bytes_of(row.key.size(), value.size());
        const auto at = places_.find(hash_of(row.key));
        if (at == places_.end() || at->second.seq != seq) continue;
        kept.push_back(
            {{bucket_, std::string(row.key), std::string(value)}, row.written, row.is_sound}
        );
    }
    head_.reset();
    if (last == 0) return;
    cut_.bind(1, last).run();
    total_ -= looked_at;
    for (const Kept& row : kept) {
        put({row.write.key, *row.write.value, row.written, row.is_sound}, false);
    }
}

RecordJournal::Erased RecordJournal::erase_outdated(Seq after, std::int64_t rows_max) {
    Erased erased;
    std::vector<Seq> outdated;
    scan_.bind(1, after).bind(2, rows_max);
    while (scan_.step()) {
        const Seq seq = scan_.number(0);
        erased.last = seq;
        const std::string_view key = scan_.blob(1);
        const auto at = places_.find(hash_of(key));
        if ((at != places_.end() && at->second.seq == seq) || seq + 1 == next_) continue;
        outdated.push_back(seq);
        erased.bytes += bytes_of(key.size(), static_cast<std::size_t>(scan_.number(2)));
    }
    for (const Seq seq : outdated) erase(seq);
    total_ -= erased.bytes;
    return erased;
}

}  // namespace reginfo
