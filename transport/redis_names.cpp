/// @file

#include "transport/redis_names.hpp"

#include "core/base/ascii.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace reginfo {

RedisNames::RedisNames(boost::asio::io_context& io, std::unique_ptr<DnsClient> client)
    : io_(io), client_(std::move(client)) {
    client_->on_done([this](const DnsQuery& query, DnsAnswer answer) {
        handle_answer(query.name, std::move(answer));
    });
}

void RedisNames::look_up(const std::string& name, Done done) {
    const DnsQuery query{DnsType::addresses, lower_case(name)};
    std::vector<Done>& waiting = waiting_[query.name];
    waiting.push_back(std::move(done));
    if (waiting.size() == 1) client_->ask(query);
}

void RedisNames::handle_answer(const std::string& name, DnsAnswer answer) {
    const auto found = waiting_.find(name);
    if (found == waiting_.end()) return;
    // Later: the answer may come from within the question.
    boost::asio::post(io_, [waiting = std::move(found->second), answer = std::move(answer)] {
        const std::string why =
            answer.is_silent ? "no DNS server answers for its name" : "its name has no address";
        for (const Done& done : waiting) done(answer.addresses, why);
    });
    waiting_.erase(found);
}

}  // namespace reginfo
