/// @file

#include "transport/redis_tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/system/error_code.hpp>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace reginfo {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kFileMax = std::size_t{4} << 20U;  ///< the system's authorities have 0.2 MB

constexpr const char* kCa = "storage.redis.ca";
constexpr const char* kCertificate = "storage.redis.certificate";
constexpr const char* kKey = "storage.redis.key";

[[noreturn]] void refuse_file(
    const char* setting,
    const std::string& path,
    const std::string& why
) {
    throw RedisTlsError(std::string(setting) + ": " + path + " " + why);
}

class OpenFile {
public:
    explicit OpenFile(const std::string& path)
        // What is no file, such as a pipe, may not keep the node waiting.
        : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    bool is_open() const { return descriptor_ >= 0; }
    /// As read(2).
    ssize_t read(char* to, std::size_t size) const { return ::read(descriptor_, to, size); }

private:
    int descriptor_;
};

/// The file that a setting names; nothing if it names none.
std::string read_pem(const char* setting, const std::string& path) {
    if (path.empty()) return {};
    const auto refuse_by_errno = [&] {
        refuse_file(setting, path, "cannot be read: " + std::generic_category().message(errno));
    };
    const OpenFile file(path);
    if (!file.is_open()) refuse_by_errno();
    std::string text;
    std::array<char, 4096> piece{};
    ssize_t size = 0;
    while ((size = file.read(piece.data(), piece.size())) > 0) {
        text.append(piece.data(), static_cast<std::size_t>(size));
        if (text.size() > kFileMax) refuse_file(setting, path, "is too large for certificates");
    }
    if (size < 0) refuse_by_errno();
    if (text.empty()) refuse_file(setting, path, "is empty");
    return text;
}

/// OpenSSL says less clearly that there is none.
void require_pem(
    const char* setting,
    const std::string& path,
    const std::string& text,
    const std::string& kind
) {
    const bool is_there = text.find(kind + "-----") != std::string::npos;
    if (is_there) return;
    refuse_file(setting, path, "holds no " + kind + " in PEM");
}

std::string pem_trouble(const boost::system::error_code& error) {
    return "cannot be used: " + error.message();
}

}  // namespace

RedisTls::RedisTls(RedisTlsOptions options) : options_(std::move(options)) { context(); }

std::shared_ptr<RedisTls> RedisTls::make(const RedisTlsOptions& options) {
    return options.is_on ? std::make_shared<RedisTls>(options) : nullptr;
}

RedisTls::Files RedisTls::read() const {
    return {
        read_pem(kCa, options_.ca),
        read_pem(kCertificate, options_.certificate),
        read_pem(kKey, options_.key)
    };
}

std::shared_ptr<RedisTls::Context> RedisTls::context() {
    Files files = read();
    if (context_ && files == files_) return context_;
    context_ = make_context(files);
    files_ = std::move(files);
    return context_;
}

std::shared_ptr<RedisTls::Context> RedisTls::make_context(const Files& files) const {
    auto context = std::make_shared<Context>(Context::tls_client);
    SSL_CTX* const handle = context->native_handle();
    SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
    context->set_verify_mode(asio::ssl::verify_peer);
    boost::system::error_code error;
    if (files.ca.empty()) {
        context->set_default_verify_paths(error);
        if (error) throw RedisTlsError("the system's authorities: " + error.message());
    } else {
        require_pem(kCa, options_.ca, files.ca, "CERTIFICATE");
        context->add_certificate_authority(asio::buffer(files.ca), error);
        if (error) refuse_file(kCa, options_.ca, pem_trouble(error));
    }
    if (!files.certificate.empty()) {
        require_pem(kCertificate, options_.certificate, files.certificate, "CERTIFICATE");
        context->use_certificate_chain(asio::buffer(files.certificate), error);
        if (error) {
            refuse_file(kCertificate, options_.certificate, pem_trouble(error));
        }
    }
    if (files.key.empty()) return context;
    require_pem(kKey, options_.key, files.key, "PRIVATE KEY");
    // Nobody is there to enter one.
    bool wants_password = false;
    context->set_password_callback([&](std::size_t, Context::password_purpose) {
        wants_password = true;
        return std::string();
    });
    context->use_private_key(asio::buffer(files.key), Context::pem, error);
    if (wants_password) {
        refuse_file(
            kKey,
            options_.key,
            "is encrypted; store it without a password, and readable "
            "for this user only"
        );
    }
    const bool fits = SSL_CTX_check_private_key(handle) == 1;
    const auto code = static_cast<unsigned long>(error.value());
    const bool is_other = error && ERR_GET_LIB(code) == ERR_LIB_X509;  // KEY_VALUES_MISMATCH, ...
    if (error && !is_other) refuse_file(kKey, options_.key, pem_trouble(error));
    if (!fits) {
        refuse_file(
            kKey, options_.key, "is not the key of the certificate in " + options_.certificate
        );
    }
    // It refers to what is gone when this returns.
    context->set_password_callback([](std::size_t, Context::password_purpose) {
        return std::string();
    });
    return context;
}

}  // namespace reginfo
