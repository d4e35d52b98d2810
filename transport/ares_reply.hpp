/// @file
/// Replies as c-ares hands them out, read into records.
#pragma once

#include "transport/dns_client.hpp"

struct ares_addrinfo;

namespace reginfo {

/// @param found  null, or what ares_getaddrinfo found; not freed
DnsAnswer read_addresses(const ares_addrinfo* found);

/// The SRV or NAPTR records of a whole DNS message; none if it cannot be read.
DnsAnswer read_records(DnsType type, const unsigned char* bytes, int size);

}  // namespace reginfo
