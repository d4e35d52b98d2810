#include "metrics/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace reginfo::metrics {
namespace {

constexpr int kGzipWindow = 15 + 16;  ///< zlib.h: 16 asks for a gzip header
constexpr int kMemory = 8;
constexpr int kFastest = 1;  ///< the reactor waits for it

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// "q=0", "q=0.000": not acceptable (RFC 9110 §12.4.2).
bool is_zero_weight(std::string_view parameters) {
    const std::size_t at = parameters.find("q=");
    if (at == std::string_view::npos) return false;
    const std::string_view weight = trimmed(parameters.substr(at + 2));
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view item = accept_encoding.substr(0, end);
        accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
        const std::size_t semicolon = std::min(item.find(';'), item.size());
        const std::string_view coding = trimmed(item.substr(0, semicolon));
        if (coding == "gzip" || coding == "*") return !is_zero_weight(item.substr(semicolon));
    }
    return false;
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
