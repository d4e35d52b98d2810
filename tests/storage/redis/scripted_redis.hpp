/// @file
/// A Redis in memory that answers what the store asks, and fails where a test wants it to.
#pragma once

#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/redis_protocol.hpp"
#include "core/storage/redis/redis_store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace reginfo::test {

class ScriptedRedis final : public ByteStream {
public:
    using Words = std::vector<std::string>;

    /// What a fail-over may set back.
    struct Data {
        std::map<std::string, std::string> records;  ///< "a key" -> value
        std::map<std::string, std::string> own;
        std::map<std::string, std::string> members;  ///< name -> newest incarnation
        std::vector<std::string> gone;               ///< whose lease is over
        std::uint64_t last_seq = 0;
        std::string last_reply;
        std::int64_t turn = 0;
        std::int64_t view = 1;
    };

    void connect() override;
    void write(std::string bytes) override;
    void close() override;

    void attach(RedisStore& store) { store_ = &store; }
    /// Until there is nothing to say.
    void run();
    /// The connection ends; what was written but not executed is lost.
    void cut();
    /// A shard gets another owner, who is a member; or, with an empty token, none.
    void give(const std::string& shard, const std::string& token);
    /// A member's next process has joined.
    void restart(const std::string& node, const std::string& incarnation);
    /// Another Redis has the address, with this data.
    void replace(std::string new_run_id, Data new_data);

    Data data;
    std::string run_id = "run-1";
    std::string version = "7.0.15";
    std::string policy = "noeviction";
    std::string role = "master";
    std::string cluster = "cluster-0123456789";
    std::string more_info = "aof_enabled:1\r\n";  ///< lines of INFO
    std::map<std::string, std::string> config;    ///< none: nobody may see it
    std::string password;                         ///< that it wants
    std::string refusal;                          ///< of all commits
    std::string membership_refusal;               ///< of beats and claims
    std::string refused_function;                 ///< of these; empty: all of them
    int replicas = 0;                             ///< that have everything
    std::string wait_refusal;
    int disks = 1;  ///< 0: that of this Redis has not
    std::string waitaof_refusal = "ERR unknown command 'WAITAOF', with args beginning with: '1' ";
    int short_waits = 0;         ///< so many are answered although there are too few; others block
    bool is_away = false;        ///< refuses connections
    bool is_full = false;        ///< takes them, to say that there are too many
    bool is_silent = false;      ///< answers nothing
    bool holds_commits = false;  ///< does not execute them, nor what comes after
    bool loses_replies = false;  ///< executes commits, and cuts the connection
    std::string library_code;    ///< that was loaded
    std::int64_t library_revision = -1;

    std::vector<Words> groups;       ///< that were received, without those that open shards
    std::vector<std::string> names;  ///< of all commands
    int connections = 0;

private:
    bool executes_next();
    bool is_awaited(const Words& words) const;
    void answer_waitaof();
    void execute(const Words& words);
    void call(const Words& words);
    void commit(const Words& words);
    void map(const std::string& meta, bool has_owners);
    void nodes();
    bool is_free(const std::string& token, const std::string& owner) const;
    void claim(const Words& words);
    void scan(const Words& words);
    void info();
    void tell_config();
    void text(const std::string& value);
    void status(const std::string& value) { out_ += "+" + value + "\r\n"; }
    void error(const std::string& value) { out_ += "-" + value + "\r\n"; }
    void number(std::int64_t value) { out_ += ":" + std::to_string(value) + "\r\n"; }
    void list(std::size_t size) { out_ += "*" + std::to_string(size) + "\r\n"; }

    RedisStore* store_ = nullptr;
    bool is_connecting_ = false;
    bool is_connected_ = false;
    bool is_signed_in_ = false;
    RedisReplyReader commands_;  ///< a command has the form of a reply
    std::deque<Words> waiting_;
    std::string out_;
};

}  // namespace reginfo::test
