/// @file

#include "core/storage/redis/redis_protocol.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>
#include <vector>

namespace reginfo {

void append_redis_command(std::string& out, std::span<const std::string_view> words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> sizes;
    starts.reserve(words.size());
    sizes.reserve(words.size());
    for (const std::string_view word : words) {
        starts.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* command = nullptr;
    const auto size = redisFormatCommandArgv(
        &command, static_cast<int>(words.size()), starts.data(), sizes.data()
    );
    if (size < 0) throw std::bad_alloc();
    out.append(command, static_cast<std::size_t>(size));
    redisFreeCommand(command);
}

void append_redis_command(std::string& out, std::initializer_list<std::string_view> words) {
    append_redis_command(out, std::span(words.begin(), words.size()));
}

/// What hiredis calls as it reads: it makes the values, within the bounds.
struct RedisReplyReader::State {
    struct Free {
        void operator()(redisReader* reader) const { redisReaderFree(reader); }
    };

    explicit State(const Bounds& limits)
        : bounds(limits), reader(redisReaderCreateWithFunctions(&functions)) {
        if (!reader) throw std::bad_alloc();
        reader->privdata = this;
    }

    static State& of(const redisReadTask* task) { return *static_cast<State*>(task->privdata); }

    /// Ends the reading: hiredis stops where it gets no value.
    void* refuse(const char* why) {
        if (error.empty()) error = why;
        return nullptr;
    }

    static int depth_of(const redisReadTask* task) {
        int depth = 1;
        for (; task->parent != nullptr; task = task->parent) ++depth;
        return depth;
    }

    /// Puts a value where it belongs: into its list, or alone.
    void* put(const redisReadTask* task, RedisReply value) {
        ++items;
        if (task->parent == nullptr) return new RedisReply(std::move(value));
        RedisReply& list = *static_cast<RedisReply*>(task->parent->obj);
        RedisReply& place = list.items[static_cast<std::size_t>(task->idx)];
        place = std::move(value);
        return &place;
    }

    static void* make_text(const redisReadTask* task, char* text, std::size_t size) {
        State& state = of(task);
        RedisReply value;
        switch (task->type) {
            case REDIS_REPLY_STRING:
                value.kind = RedisReply::Kind::text;
                break;
            case REDIS_REPLY_STATUS:
                value.kind = RedisReply::Kind::status;
                break;
            case REDIS_REPLY_ERROR:
                value.kind = RedisReply::Kind::error;
                break;
            default:
                return state.refuse(kNotResp2);
        }
        state.bytes += size;
        value.text.assign(text, size);
        return state.put(task, std::move(value));
    }

    static void* make_list(const redisReadTask* task, std::size_t size) {
        State& state = of(task);
        if (task->type != REDIS_REPLY_ARRAY) return state.refuse(kNotResp2);
        if (size > state.bounds.items || state.items + size > state.bounds.items) {
            return state.refuse("a reply with too many items");
        }
        if (depth_of(task) > state.bounds.depth) {
            return state.refuse("a reply with too many lists within lists");
        }
        // All at once: hiredis keeps pointers to lists that are not complete.
        return state.put(
            task, {.kind = RedisReply::Kind::list, .items = std::vector<RedisReply>(size)}
        );
    }

    static void* make_number(const redisReadTask* task, long long number) {
        return of(task).put(task, {.kind = RedisReply::Kind::number, .number = number});
    }

    static void* make_nil(const redisReadTask* task) { return of(task).put(task, {}); }

    static void destroy(void* value) { delete static_cast<RedisReply*>(value); }

    static constexpr const char* kNotResp2 = "a reply that RESP2 does not have";

#if HIREDIS_MAJOR >= 1
    static void* make_double(const redisReadTask* task, double, char*, std::size_t) {
        return of(task).refuse(kNotResp2);
    }
    static void* make_bool(const redisReadTask* task, int) { return of(task).refuse(kNotResp2); }

    static inline redisReplyObjectFunctions
        functions{make_text, make_list, make_number, make_double, make_nil, make_bool, destroy};
#else
    static void* make_short_list(const redisReadTask* task, int size) {
        return make_list(task, static_cast<std::size_t>(size));
    }

    static inline redisReplyObjectFunctions
        functions{make_text, make_short_list, make_number, make_nil, destroy};
#endif

    Bounds bounds;
    std::unique_ptr<redisReader, Free> reader;
    std::size_t items = 0;  ///< of the present reply
    std::size_t bytes = 0;  ///< of texts in it
    std::string error;
};

RedisReplyReader::RedisReplyReader() : RedisReplyReader(Bounds()) {}
RedisReplyReader::RedisReplyReader(const Bounds& bounds)
    : state_(std::make_unique<State>(bounds)) {}
RedisReplyReader::~RedisReplyReader() = default;
RedisReplyReader::RedisReplyReader(RedisReplyReader&&) noexcept = default;
RedisReplyReader& RedisReplyReader::operator=(RedisReplyReader&&) noexcept = default;

void RedisReplyReader::add(std::string_view bytes) {
    if (!state_->error.empty() || bytes.empty()) return;
    if (redisReaderFeed(state_->reader.get(), bytes.data(), bytes.size()) != REDIS_OK) {
        throw std::bad_alloc();
    }
}

std::optional<RedisReply> RedisReplyReader::next() {
    State& state = *state_;
    if (!state.error.empty()) return {};
    void* made = nullptr;
    const int result = redisReaderGetReply(state.reader.get(), &made);
    const std::unique_ptr<RedisReply> reply(static_cast<RedisReply*>(made));
    if (result != REDIS_OK) {
        if (state.error.empty())
            state.error = std::string("no reply of Redis: ") + state.reader->errstr;
        return {};
    }
    if (!reply) {
        const std::size_t waiting = state.reader->len - state.reader->pos;
        if (state.bytes + waiting > state.bounds.bytes) state.error = "a reply that is too long";
        return {};
    }
    state.items = state.bytes = 0;
    return std::move(*reply);
}

const std::string& RedisReplyReader::error() const { return state_->error; }

}  // namespace reginfo
