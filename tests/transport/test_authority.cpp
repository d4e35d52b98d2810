/// @file

#include "tests/transport/test_authority.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <stdexcept>

namespace reginfo::test {
namespace {

using Key = std::shared_ptr<evp_pkey_st>;
using Certificate = std::shared_ptr<x509_st>;

void require(bool is_done) {
    if (!is_done) throw std::runtime_error("OpenSSL makes no certificate");
}

Key make_key() {
    Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
    require(key != nullptr);
    return key;
}

template <class Write>
std::string pem_of(const Write& write) {
    const std::shared_ptr<BIO> out(BIO_new(BIO_s_mem()), BIO_free);
    require(write(out.get()) == 1);
    std::string text(BIO_ctrl_pending(out.get()), '\0');
    BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
    return text;
}

std::string pem_of_certificate(const Certificate& certificate) {
    return pem_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::shared_ptr<X509_EXTENSION> extension(
        X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free
    );
    require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate begin(const std::string& name, const Key& key, TestAuthority::Validity validity) {
    static long serial = 0;
    Certificate made(X509_new(), X509_free);
    require(made != nullptr);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), validity.from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), validity.until);
    X509_set_pubkey(made.get(), key.get());
    const auto* bytes = static_cast<const unsigned char*>(static_cast<const void*>(name.c_str()));
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, bytes, -1, -1, 0
    );
    return made;
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : key_(make_key()), certificate_(begin(name, key_, {-7 * 86'400, 86'400})) {
    X509* const own = certificate_.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
    require(X509_sign(own, key_.get(), EVP_sha256()) > 0);
    pem_ = pem_of_certificate(certificate_);
}

TestAuthority::~TestAuthority() = default;

Issued TestAuthority::issue(const std::string& names, Validity validity) const {
    const Key key = make_key();
    const Certificate made = begin("redis of the test", key, validity);
    X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
    if (!names.empty()) {
        add_extension(made.get(), certificate_.get(), NID_subject_alt_name, names);
    }
    require(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    return {
        pem_of_certificate(made), pem_of([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        })
    };
}

std::string TestAuthority::encrypted(const std::string& key, const std::string& password) {
    const std::shared_ptr<BIO> in(
        BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free
    );
    const Key read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    require(read != nullptr);
    return pem_of([&](BIO* out) {
        const auto* bytes =
            static_cast<const unsigned char*>(static_cast<const void*>(password.data()));
        return PEM_write_bio_PrivateKey(
            out,
            read.get(),
            EVP_aes_256_cbc(),
            bytes,
            static_cast<int>(password.size()),
            nullptr,
            nullptr
        );
    });
}

}  // namespace reginfo::test
