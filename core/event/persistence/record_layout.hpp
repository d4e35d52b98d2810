/// @file
/// What the records of AORs and dialogs have in common: their version, and times.
#pragma once

#include "core/base/byte_reader.hpp"
#include "core/base/byte_writer.hpp"
#include "core/base/time.hpp"
#include "core/event/persistence/record_time.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The layout of a record, which is its first number. Layout 1 does not have the time since which a
/// contact is bound. Layout 3 has AORs in fewer bytes.
inline constexpr std::uint64_t kLayout = 3;

class Encoder : public ByteWriter {
public:
    explicit Encoder(TimePoint now) : now_(now) { number(kLayout); }

    void time(TimePoint at) { signed_number((at - now_).count()); }

private:
    TimePoint now_;
};

class Decoder : public ByteReader {
public:
    Decoder(std::string_view bytes, const RecordTime& time) : ByteReader(bytes), time_(time) {
        layout_ = number();
    }

    bool fits() const { return layout_ >= 1 && layout_ <= kLayout && ok() && at_end(); }

    TimePoint time() {
        // Clamped, so that a damaged record cannot overflow the sum.
        constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;
        const std::int64_t left = std::clamp(signed_number(), -kFar, kFar);
        return time_.now + Duration{left} - std::min(time_.age, Duration{kFar});
    }
    std::optional<TimePoint> optional_time() {
        return flag() ? std::optional(time()) : std::nullopt;
    }
    std::optional<TimePoint> since() { return layout_ >= 2 ? optional_time() : std::nullopt; }
    std::optional<Seconds> seconds() {
        return flag() ? std::optional(Seconds{signed_number()}) : std::nullopt;
    }
    std::optional<std::uint32_t> cseq() {
        return flag() ? std::optional(static_cast<std::uint32_t>(number())) : std::nullopt;
    }
    std::string string() { return std::string(text()); }
    std::uint64_t layout() const { return layout_; }

private:
    RecordTime time_;
    std::uint64_t layout_ = 0;
};

}  // namespace reginfo
