#include "core/transaction/reply.hpp"

#include <utility>

namespace reginfo {

Reply refusal(int status, std::string reason) {
    Reply reply;
    reply.status = status;
    reply.reason = std::move(reason);
    return reply;
}

Reply refusal_for_now() {
    Reply reply = refusal(503);
    reply.retry_after = Seconds{1};
    return reply;
}

Reply refusal_unstored() {
    Reply reply = refusal(503, "State cannot be stored");
    reply.retry_after = Seconds{10};
    return reply;
}

}  // namespace reginfo
