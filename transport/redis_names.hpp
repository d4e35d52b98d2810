/// @file
/// From the names of Redis and of Sentinels to their addresses.
#pragma once

#include "core/base/address.hpp"
#include "transport/dns_client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

/// Nothing waits for an answer that does not come: neither the reactor, nor the end of the process.
/// Whoever asks for a name again meanwhile gets the answer to the first question.
class RedisNames {
public:
    /// @param addresses  the best one first; none if the name is not found
    /// @param why        a few words for people, then
    using Done =
        std::function<void(const std::vector<IpAddress>& addresses, const std::string& why)>;

    RedisNames(boost::asio::io_context& io, std::unique_ptr<DnsClient> client);
    RedisNames(const RedisNames&) = delete;
    RedisNames& operator=(const RedisNames&) = delete;

    /// Calls back once, later, unless it is stopped or destroyed before.
    void look_up(const std::string& name, Done done);

    /// For good: nothing is pending then.
    void stop() { client_->stop(); }

private:
    void handle_answer(const std::string& name, DnsAnswer answer);

    boost::asio::io_context& io_;
    std::map<std::string, std::vector<Done>> waiting_;  ///< by name
    std::unique_ptr<DnsClient> client_;
};

}  // namespace reginfo
