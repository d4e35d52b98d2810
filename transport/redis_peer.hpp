/// @file
/// Whose certificate a Redis has to have, and what went wrong with TLS, in words for people.
#pragma once

#include <boost/system/error_code.hpp>

#include <string>

struct ssl_st;
struct x509_store_ctx_st;

namespace reginfo {

/// The certificate has to be for this name (RFC 6125) or address, which a name is told by SNI
/// (RFC 6066). Returns false if it can be neither.
bool expect_redis_host(ssl_st* session, const std::string& host);

/// Why a certificate is refused: that which OpenSSL looks at when it calls back.
std::string certificate_trouble(x509_store_ctx_st* chain, const std::string& host);

/// Why the handshake, or what came after it, has failed.
std::string tls_trouble(const boost::system::error_code& error);

}  // namespace reginfo
