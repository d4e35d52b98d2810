/// @file

#include "core/storage/redis/commit_group.hpp"

#include "core/storage/redis/redis_protocol.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace reginfo {
namespace {

/// The words of a command. Numbers are kept here.
class Words {
public:
    void add(std::string_view word) { words_.push_back(word); }
    void add_number(std::uint64_t number) {
        words_.push_back(numbers_.emplace_back(std::to_string(number)));
    }

    std::string command() const {
        std::string out;
        append_redis_command(out, words_);
        return out;
    }

private:
    std::vector<std::string_view> words_;
    std::deque<std::string> numbers_;
};

constexpr std::array<std::string_view, 4> kPut = {"+a", "+d", "+t", "+u"};
constexpr std::array<std::string_view, 4> kRemove = {"-a", "-d", "-t", "-u"};

std::size_t index_of(Bucket bucket) { return static_cast<std::size_t>(bucket); }

void add_write(Words& words, const Write& write) {
    words.add((write.value ? kPut : kRemove).at(index_of(write.bucket)));
    words.add(write.key);
    if (write.value && write.bucket != Bucket::unsettled) words.add(*write.value);
}

void add_head(
    Words& words,
    const RedisOptions& options,
    std::string_view cluster_id,
    std::uint64_t seq
) {
    words.add("FCALL");
    words.add("reginfod1_commit");
    words.add("0");
    words.add(options.cluster);
    words.add(cluster_id);
    words.add(options.incarnation);
    words.add_number(seq);
}

void add_tokens(Words& words, const std::vector<ShardId>& shards, const ShardTokens& tokens) {
    words.add_number(shards.size());
    for (const ShardId shard : shards) {
        words.add_number(shard);
        words.add(tokens[shard]);
    }
}

}  // namespace

char letter_of(Bucket bucket) { return kPut.at(index_of(bucket))[1]; }

std::size_t bytes_of(const Commit& commit) {
    std::size_t bytes = 0;
    for (const Write& write : commit.writes) {
        bytes += write.key.size() + (write.value ? write.value->size() : 0);
    }
    return bytes;
}

CommitGroup CommitGroup::take(std::uint64_t seq, std::deque<PendingCommit>& queue) {
    CommitGroup group{seq, {}};
    std::size_t bytes = 0;
    while (!queue.empty() && group.commits.size() < kCommitsMax) {
        bytes += bytes_of(queue.front().commit);
        if (!group.empty() && bytes > kBytesMax) break;
        group.commits.push_back(std::move(queue.front()));
        queue.pop_front();
    }
    return group;
}

std::string CommitGroup::command(
    const RedisOptions& options,
    std::string_view cluster_id,
    const ShardTokens& tokens,
    TimePoint now
) const {
    std::array<std::uint16_t, kShards> places{};
    std::vector<ShardId> shards;
    for (const PendingCommit& pending : commits) {
        if (places[pending.commit.shard] != 0 || tokens[pending.commit.shard].empty()) continue;
        shards.push_back(pending.commit.shard);
        places[pending.commit.shard] = static_cast<std::uint16_t>(shards.size());
    }
    if (shards.empty()) return {};
    Words words;
    add_head(words, options, cluster_id, seq);
    add_tokens(words, shards, tokens);
    for (const PendingCommit& pending : commits) {
        if (places[pending.commit.shard] == 0) continue;
        words.add_number(places[pending.commit.shard]);
        const Duration waited = std::max(now - pending.arrived, Duration::zero());
        words.add_number(static_cast<std::uint64_t>(waited.count()));
        words.add_number(pending.commit.writes.size());
        for (const Write& write : pending.commit.writes) add_write(words, write);
    }
    return words.command();
}

std::string opening_command(
    const RedisOptions& options,
    std::string_view cluster_id,
    std::uint64_t seq,
    const ShardTokens& tokens
) {
    std::vector<ShardId> shards;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        if (!tokens[shard].empty()) shards.push_back(static_cast<ShardId>(shard));
    }
    Words words;
    add_head(words, options, cluster_id, seq);
    add_tokens(words, shards, tokens);
    for (std::size_t place = 1; place <= shards.size(); ++place) {
        words.add_number(place);
        words.add_number(0);
        words.add_number(1);
        words.add("-h");
        words.add("");
    }
    return words.command();
}

}  // namespace reginfo
