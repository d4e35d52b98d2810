/// @file
/// Content-Encoding: gzip (RFC 9110 §8.4.1.3).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace reginfo::metrics {

/// Whether the value of Accept-Encoding takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// Compresses a text that comes in pieces.
class GzipWriter {
public:
    GzipWriter();
    ~GzipWriter();
    GzipWriter(const GzipWriter&) = delete;
    GzipWriter& operator=(const GzipWriter&) = delete;

    /// Appends to `out` what is ready of it; with `last`, all that is left.
    void write(std::string_view piece, bool last, std::string& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace reginfo::metrics
