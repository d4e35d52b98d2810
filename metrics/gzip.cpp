#include "metrics/gzip.hpp"

#include "core/base/ascii.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <zlib.h>

#include <array>
#include <new>

namespace reginfo::metrics {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr int kGzipWindow = 15 + 16;  ///< zlib.h: 16 asks for a gzip header
constexpr int kMemory = 8;
constexpr int kFastest = 1;  ///< the reactor waits for it

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

/// Whether parameters such as "q=0.5" leave a weight above 0 (RFC 9110 §12.4.2); one that is none
/// leaves nothing, as what is not compressed can always be read.
bool is_acceptable(const http::param_list& parameters) {
    for (const auto& [name, weight] : parameters) {
        if (!equal_ignoring_case(view_of(name), "q")) continue;
        return weight.find_first_not_of("0123456789.") == beast::string_view::npos &&
               weight.find_first_of("123456789") != beast::string_view::npos;
    }
    return true;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    // Beast 1.81 gives the last of a list the parameters of the one before if it has none and is
    // followed by nothing.
    const std::string list = std::string(accept_encoding) + ',';
    bool any = false;
    for (const auto& [name, parameters] : http::ext_list(list)) {
        const std::string_view coding = view_of(name);
        if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
            return is_acceptable(parameters);
        }
        if (coding == "*") any = is_acceptable(parameters);
    }
    return any;
}

struct GzipWriter::State {
    z_stream stream{};
};

GzipWriter::GzipWriter() : state_(std::make_unique<State>()) {
    const int result = ::deflateInit2(
        &state_->stream, kFastest, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY
    );
    if (result != Z_OK) throw std::bad_alloc();
}

GzipWriter::~GzipWriter() { ::deflateEnd(&state_->stream); }

void GzipWriter::write(std::string_view piece, bool last, std::string& out) {
    z_stream& stream = state_->stream;
    std::string input(piece);  // zlib's interface is not const
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    std::array<char, 16'384> buffer{};
    do {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = static_cast<uInt>(buffer.size());
        ::deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
}

}  // namespace reginfo::metrics
