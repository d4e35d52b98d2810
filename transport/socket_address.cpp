/// @file
/// Endpoints between the core's form and that of the sockets.

#include "transport/socket_address.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <cstddef>
#include <cstring>

namespace reginfo {
namespace {

constexpr std::size_t kV4Offset = 12;  ///< of the four bytes in ::ffff:a.b.c.d

}  // namespace

Endpoint to_endpoint(const SocketAddress& address) {
    IpAddress::Bytes bytes{};
    if (address.common.sa_family == AF_INET) {
        bytes[10] = bytes[11] = 0xff;
        std::memcpy(bytes.data() + kV4Offset, &address.v4.sin_addr, sizeof(in_addr));
        return {IpAddress(bytes), ntohs(address.v4.sin_port)};
    }
    std::memcpy(bytes.data(), &address.v6.sin6_addr, bytes.size());
    return {IpAddress(bytes), ntohs(address.v6.sin6_port)};
}

socklen_t write_socket_address(const Endpoint& endpoint, SocketAddress& address) {
    const IpAddress::Bytes& bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        address.v4 = {};
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(endpoint.port);
        std::memcpy(&address.v4.sin_addr, bytes.data() + kV4Offset, sizeof(in_addr));
        return sizeof(sockaddr_in);
    }
    address.v6 = {};
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    std::memcpy(&address.v6.sin6_addr, bytes.data(), bytes.size());
    return sizeof(sockaddr_in6);
}

IpAddress to_core(const boost::asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    return IpAddress(address.to_v6().to_bytes());
}

boost::asio::ip::address to_asio(const IpAddress& address) {
    const boost::asio::ip::address_v6 v6(address.bytes());
    if (address.is_v4()) return make_address_v4(boost::asio::ip::v4_mapped, v6);
    return v6;
}

}  // namespace reginfo
