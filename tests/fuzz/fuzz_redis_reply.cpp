/// @file
/// Bytes of a peer that may not be Redis. The pieces in which they come change nothing, the bounds
/// hold, and what was read is read again from its own bytes. Input: byte 0 is the size of the
/// pieces; the rest is what the peer sends.

#include "core/storage/redis/redis_protocol.hpp"
#include "tests/fuzz/support/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace reginfo;
using reginfo::fuzz::require;
using Kind = RedisReply::Kind;

namespace {

constexpr RedisReplyReader::Bounds kBounds{.bytes = 4096, .items = 256, .depth = 4};

struct Result {
    std::vector<RedisReply> replies;
    bool is_error = false;
};

Result read(std::string_view bytes, std::size_t piece) {
    RedisReplyReader reader(kBounds);
    Result result;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.add(bytes.substr(0, piece));
        while (auto reply = reader.next()) result.replies.push_back(std::move(*reply));
    }
    result.is_error = !reader.error().empty();
    return result;
}

struct Size {
    std::size_t items = 0;
    std::size_t bytes = 0;
};

void measure(const RedisReply& reply, int depth, Size& size) {
    ++size.items;
    size.bytes += reply.text.size();
    if (reply.kind != Kind::list) return;
    require(depth <= kBounds.depth, "lists within lists are bounded");
    for (const RedisReply& item : reply.items) measure(item, depth + 1, size);
}

void write(const RedisReply& reply, std::string& out) {
    switch (reply.kind) {
        case Kind::nil:
            out += "$-1\r\n";
            return;
        case Kind::status:
            out += "+" + reply.text + "\r\n";
            return;
        case Kind::error:
            out += "-" + reply.text + "\r\n";
            return;
        case Kind::number:
            out += ":" + std::to_string(reply.number) + "\r\n";
            return;
        case Kind::text:
            out += "$" + std::to_string(reply.text.size()) + "\r\n" + reply.text + "\r\n";
            return;
        case Kind::list:
            out += "*" + std::to_string(reply.items.size()) + "\r\n";
            for (const RedisReply& item : reply.items) write(item, out);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    // Whole in one piece: a long reply ends the reading where its bytes are, so only replies count.
    const Result whole = read(bytes, bytes.size());
    const Result pieces = read(bytes, 1 + std::size_t{data[0]});
    const std::size_t count = std::min(whole.replies.size(), pieces.replies.size());
    require(
        std::equal(
            whole.replies.begin(),
            whole.replies.begin() + static_cast<std::ptrdiff_t>(count),
            pieces.replies.begin()
        ),
        "the pieces change nothing",
        bytes
    );
    require(whole.is_error || pieces.is_error || whole.replies == pieces.replies, bytes);
    for (const RedisReply& reply : whole.replies) {
        Size found;
        measure(reply, 1, found);
        require(found.items <= kBounds.items + 1, "items are bounded", bytes);
        std::string again;
        write(reply, again);
        const Result same = read(again, again.size());
        require(same.replies.size() == 1 && same.replies[0] == reply, "it is read again", again);
    }
    return 0;
}
