/// @file
/// What the records of AORs and dialogs have in common.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"
#include "core/event/persistence/dialog_record.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The first number of each record: what follows is laid out as that version did. Layout 1 did not
/// know since when a contact is bound; layout 3 says the same of AORs in less room.
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
        // Bounded, so that no record, however damaged, overflows the sum.
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
