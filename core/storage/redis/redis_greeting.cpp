/// @file

#include "core/storage/redis/redis_greeting.hpp"

#include "core/storage/redis/redis_info.hpp"
#include "core/storage/redis/redis_library.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

namespace reginfo {
namespace {

constexpr int kMajorMin = 7;  ///< has functions

int major_of(std::string_view version) {
    int major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    return major;
}

}  // namespace

void RedisGreeting::start(Done done) {
    done_ = std::move(done);
    greeted_ = {};
    sign_in();
}

void RedisGreeting::sign_in() {
    const auto select = [this](const RedisReply& reply) {
        if (reply.is_error()) return refuse(reply, "it does not let us in");
        if (options_.database == 0) return ask_info();
        session_.ask({"SELECT", std::to_string(options_.database)}, [this](const RedisReply& ok) {
            if (ok.is_error()) return refuse(ok, "it has no such database");
            ask_info();
        });
    };
    if (options_.password.empty()) return select({});
    RedisWords words = {"AUTH"};
    if (!options_.username.empty()) words.push_back(options_.username);
    words.push_back(options_.password);
    session_.ask(words, select);
}

void RedisGreeting::ask_info() {
    session_.ask({"INFO"}, [this](const RedisReply& reply) { handle_info(reply); });
}

void RedisGreeting::handle_info(const RedisReply& reply) {
    if (reply.is_error()) return refuse(reply, "INFO fails");
    const std::string_view version = info_value(reply.text, "redis_version");
    if (version.empty()) return refuse("what answers is no Redis", true);
    if (major_of(version) < kMajorMin) {
        return refuse("it is Redis " + std::string(version) + ", but 7.0 is needed", true);
    }
    const std::string_view policy = info_value(reply.text, "maxmemory_policy");
    if (policy != "noeviction") {
        return refuse(
            "its maxmemory-policy is " + std::string(policy) +
                ", which removes records; set it to noeviction",
            true
        );
    }
    version_ = version;
    greeted_.run_id = info_value(reply.text, "run_id");
    greeted_.replication_id = info_value(reply.text, "master_replid");
    ask_role();
}

void RedisGreeting::ask_role() {
    session_.ask({"ROLE"}, [this](const RedisReply& reply) {
        if (reply.is_error()) return refuse(reply, "ROLE fails");
        const bool is_primary = !reply.items.empty() && reply.items[0].text_value() == "master";
        if (!is_primary) return refuse("it is a replica, which takes no writes", false);
        options_.fsync ? ask_fsync() : ask_revision();
    });
}

/// Who has asked for it gets it, or no server: an answer 2xx would promise too much.
void RedisGreeting::ask_fsync() {
    session_.ask({"WAITAOF", "1", "0", "1"}, [this](const RedisReply& reply) {
        if (!reply.is_error()) return ask_revision();
        const auto says = [&](const char* word) {
            return reply.text.find(word) != std::string::npos;
        };
        if (says("unknown command")) {
            return refuse(
                "it is Redis " + version_ +
                    ", which has no WAITAOF: storage.redis.fsync needs Redis 7.2 or Valkey",
                true
            );
        }
        if (says("appendonly")) {
            return refuse(
                "its appendonly is no, and storage.redis.fsync needs that file; set it to yes", true
            );
        }
        refuse(reply, "storage.redis.fsync cannot be kept");
    });
}

void RedisGreeting::ask_revision() {
    session_.ask(
        {"FCALL", "reginfod1_revision", "0", options_.cluster},
        [this](const RedisReply& reply) {
            const bool is_absent = reply.is_error("ERR") && reply.text.find("not found") < 40;
            if (reply.is_error() && !is_absent)
                return refuse(reply, "its functions cannot be called");
            const auto revision = reply.number_value();
            if (revision && *revision >= kRedisLibraryRevision) return done_(greeted_);
            load_library();
        }
    );
}

void RedisGreeting::load_library() {
    session_.ask(
        {"FUNCTION", "LOAD", "REPLACE", std::string(redis_library_code())},
        [this](const RedisReply& reply) {
            if (reply.is_error()) return refuse(reply, "it does not take the function library");
            done_(greeted_);
        }
    );
}

void RedisGreeting::refuse(std::string trouble, bool is_final) {
    greeted_.trouble = options_.where + ": " + std::move(trouble);
    greeted_.is_final = is_final;
    done_(greeted_);
}

void RedisGreeting::refuse(const RedisReply& error, std::string_view what) {
    // All others may pass: it loads its data, has lost its primary, or has too many clients.
    bool is_final = false;
    for (const char* word : {"NOAUTH", "WRONGPASS", "NOPERM", "ERR"}) {
        is_final = is_final || error.is_error(word);
    }
    const bool is_full = error.text.find("max number of clients") != std::string::npos;
    refuse(std::string(what) + ": " + error.text, is_final && !is_full);
}

}  // namespace reginfo
