/// @file
/// What TLS to a Redis needs: whom this node trusts, and who it is.
#pragma once

#include "transport/redis_link_options.hpp"

#include <memory>
#include <stdexcept>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace reginfo {

/// A file that cannot be used: which one, and why. One line for people.
class RedisTlsError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Certificates and key, read anew where a file has changed: a certificate that is renewed beside a
/// running node serves its next connection.
class RedisTls {
public:
    using Context = boost::asio::ssl::context;

    /// Reads the files. @throw RedisTlsError
    explicit RedisTls(RedisTlsOptions options);
    /// Null where `options` want no TLS. @throw RedisTlsError
    static std::shared_ptr<RedisTls> make(const RedisTlsOptions& options);

    /// For one connection. It verifies the peer, but not yet whose certificate it has.
    /// @throw RedisTlsError
    std::shared_ptr<Context> context();

private:
    struct Files {
        std::string ca;
        std::string certificate;
        std::string key;
        bool operator==(const Files&) const = default;
    };
    Files read() const;
    std::shared_ptr<Context> make_context(const Files& files) const;

    RedisTlsOptions options_;
    Files files_;  ///< what the context was made of
    std::shared_ptr<Context> context_;
};

}  // namespace reginfo
