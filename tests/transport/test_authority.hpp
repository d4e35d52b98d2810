/// @file
/// An authority that signs certificates for a test, with keys of its own.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace reginfo::test {

/// In PEM.
struct Issued {
    std::string certificate;
    std::string key;
};

class TestAuthority {
public:
    /// When a certificate is valid, in seconds from now.
    struct Validity {
        long from = -3600;
        long until = 3600;
    };

    explicit TestAuthority(const std::string& name);
    ~TestAuthority();
    TestAuthority(const TestAuthority&) = delete;
    TestAuthority& operator=(const TestAuthority&) = delete;

    const std::string& certificate() const { return pem_; }

    /// @param names  as OpenSSL writes them: "DNS:redis.example,IP:127.0.0.1"; empty: only a
    ///               common name
    Issued issue(const std::string& names, Validity validity) const;
    Issued issue(const std::string& names) const { return issue(names, Validity()); }

    /// The same key, but nobody can read it without a password.
    static std::string encrypted(const std::string& key, const std::string& password);

private:
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
    std::string pem_;
};

}  // namespace reginfo::test
