/// @file
/// A real DNS server on a free port of loopback, for as long as the object lives.
#pragma once

#include "core/base/address.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {

class Dnsmasq {
public:
    /// Null where it is not installed.
    /// @param records  options such as "--host-record=a.test,192.0.2.1"; all of "test" is its own
    static std::unique_ptr<Dnsmasq> start(const std::vector<std::string>& records);

    Dnsmasq(const Dnsmasq&) = delete;
    Dnsmasq& operator=(const Dnsmasq&) = delete;
    ~Dnsmasq();

    Endpoint endpoint() const;

private:
    Dnsmasq(pid_t pid, std::uint16_t port) : pid_(pid), port_(port) {}

    pid_t pid_;
    std::uint16_t port_;
};

}  // namespace reginfo::test
