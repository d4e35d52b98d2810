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

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

/// What stands before the first of that character; the rest is behind it.
std::string_view cut(std::string_view& text, char at) {
    const std::size_t end = std::min(text.find(at), text.size());
    const std::string_view front = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return trimmed(front);
}

/// Whether parameters such as "q=0.5" leave a weight above 0 (RFC 9110 §12.4.2); one that is none
/// leaves nothing, as what is not compressed can always be read.
bool is_acceptable(std::string_view parameters) {
    while (!parameters.empty()) {
        std::string_view value = cut(parameters, ';');
        if (cut(value, '=') != "q") continue;
        const std::string_view weight = trimmed(value);
        return weight.find_first_not_of("0123456789.") == std::string_view::npos &&
               weight.find_first_of("123456789") != std::string_view::npos;
    }
    return true;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    const std::string lower = lower_case(accept_encoding);
    std::string_view rest = lower;
    bool any = false;
    while (!rest.empty()) {
        std::string_view parameters = cut(rest, ',');
        const std::string_view coding = cut(parameters, ';');
        if (coding == "gzip" || coding == "x-gzip") return is_acceptable(parameters);
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
