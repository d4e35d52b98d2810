/// @file

#include "transport/redis_peer.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

namespace reginfo {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kNamesMax = 5;  ///< that are told of a certificate

/// Whoever made the certificate chose these bytes.
std::string printable(std::string_view text) {
    constexpr std::size_t kLong = 100;
    std::string shown(text.substr(0, kLong));
    for (char& c : shown) {
        if (c < ' ' || c > '~') c = '?';
    }
    return shown;
}

std::string_view text_in(const ASN1_STRING* text) {
    // As OpenSSL does it: the bytes of a text of one byte a character.
    const void* const bytes = ASN1_STRING_get0_data(text);
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_in(const ASN1_OCTET_STRING* bytes) {
    const std::string_view text = text_in(bytes);
    const auto address = [&]<class Address>(Address) {
        typename Address::bytes_type octets{};
        for (std::size_t i = 0; i < octets.size(); ++i) {
            octets[i] = static_cast<unsigned char>(text[i]);
        }
        return Address(octets).to_string();
    };
    if (text.size() == 4) return address(asio::ip::address_v4());
    if (text.size() == 16) return address(asio::ip::address_v6());
    return "no address";
}

/// What a certificate is for: names and addresses, else what its subject is called.
std::string names_of(const X509* certificate) {
    struct Free {
        void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
    };
    const std::unique_ptr<GENERAL_NAMES, Free> names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)
    ));
    std::vector<std::string> found;
    const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
    for (int i = 0; i < count; ++i) {
        int type = 0;
        const void* const value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
        if (type == GEN_DNS)
            found.push_back(printable(text_in(static_cast<const ASN1_IA5STRING*>(value))));
        if (type == GEN_IPADD)
            found.push_back(address_in(static_cast<const ASN1_OCTET_STRING*>(value)));
    }
    if (found.empty()) {
        const X509_NAME* const subject = X509_get_subject_name(certificate);
        const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (place < 0) return "nobody";
        return printable(text_in(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place))));
    }
    std::string all;
    for (std::size_t i = 0; i < found.size() && i < kNamesMax; ++i) {
        if (i > 0) all += ", ";
        all += found[i];
    }
    return found.size() > kNamesMax ? all + ", ..." : all;
}

std::string day_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable day";
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return {text.data(), size};
}

}  // namespace

bool expect_redis_host(ssl_st* session, const std::string& host) {
    X509_VERIFY_PARAM* const expected = SSL_get0_param(session);
    boost::system::error_code is_name;
    const asio::ip::address address = asio::ip::make_address(host, is_name);
    if (!is_name) {
        const auto expect = [expected](const auto& bytes) {
            return X509_VERIFY_PARAM_set1_ip(expected, bytes.data(), bytes.size()) == 1;
        };
        return address.is_v4() ? expect(address.to_v4().to_bytes())
                               : expect(address.to_v6().to_bytes());
    }
    std::string name = host;
    if (name.ends_with('.')) name.pop_back();  // which neither of the two has
    // Without a name OpenSSL would take every certificate.
    if (name.empty()) return false;
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size()) == 1 &&
           SSL_ctrl(
               session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()
           ) == 1;
}

std::string certificate_trouble(x509_store_ctx_st* chain, const std::string& host) {
    const X509* const certificate = X509_STORE_CTX_get_current_cert(chain);
    const int error = X509_STORE_CTX_get_error(chain);
    const std::string why = X509_verify_cert_error_string(error);
    if (certificate == nullptr) return "its certificate is not trusted: " + why;
    const bool is_its_own = X509_STORE_CTX_get_error_depth(chain) == 0;
    const std::string whose = is_its_own
                                  ? "its certificate"
                                  : "the certificate of the authority " + names_of(certificate);
    switch (error) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "its certificate is not for " + host + ", but for " + names_of(certificate);
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return whose + " has expired: " + day_of(X509_get0_notAfter(certificate));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return whose + " is not valid before " + day_of(X509_get0_notBefore(certificate)) +
                   " (or a clock is wrong)";
        default:
            return "its certificate is not trusted: " + why + " (storage.redis.ca)";
    }
}

std::string tls_trouble(const boost::system::error_code& error) {
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
        return "it has closed the connection";
    }
    if (error.category() != asio::error::get_ssl_category()) return error.message();
    switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
            return "it does not speak TLS on this port";
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "it speaks neither TLS 1.2 nor 1.3";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "it wants a certificate of this node (storage.redis.certificate and "
                   "storage.redis.key)";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "it says that the certificate of this node has expired "
                   "(storage.redis.certificate)";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
            return "it does not trust the certificate of this node (storage.redis.certificate)";
        default:
            return "TLS fails: " + error.message();
    }
}

}  // namespace reginfo
