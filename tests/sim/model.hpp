/// @file
/// RULES.md, "The state is a merge", sentence by sentence and without regard to cost: what the
/// contacts of an AOR must be. Shares nothing with core/event/state/.
#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace reginfo::sim {

/// One <contact> of a published document.
struct Listing {
    std::string uri;
    std::string callid;  ///< empty if absent
    std::optional<std::uint32_t> cseq;
    bool active = true;
    std::optional<Seconds> expires;
};

struct Body {
    bool full = true;
    std::vector<Listing> listings;
};

/// One contact that documents must list as active.
struct ExpectedContact {
    std::string callid;
    std::optional<std::uint32_t> cseq;
    TimePoint deadline;
    bool own_clock = false;
};

struct Expected {
    std::map<std::string, ExpectedContact> active;  ///< by URI
    /// The words on these contradict each other in a circle: the rule leaves the result open.
    std::set<std::string> undecided;
    bool published = false;  ///< something was published
};

class Model {
public:
    explicit Model(Duration grace) : grace_(grace) {}

    bool has(const std::string& aor, const std::string& etag) const;
    void publish(
        TimePoint now,
        const std::string& aor,
        const std::string& current,  ///< empty for an initial publication
        const std::string& next,
        TimePoint deadline,
        const Body& body
    );
    void refresh(
        const std::string& aor,
        const std::string& current,
        const std::string& next,
        TimePoint deadline
    );
    void remove(const std::string& aor, const std::string& current);
    void expire(TimePoint now);
    void expire(TimePoint now, const std::string& aor);
    /// Moves all deadlines of an AOR: a restart with a wrong clock has done so.
    void shift(const std::string& aor, Duration later);

    const Expected& expected(const std::string& aor) { return resources_[aor].expected; }
    std::optional<TimePoint> next_deadline() const;

private:
    struct Word {
        Listing what;
        std::uint64_t order = 0;
        std::optional<TimePoint> deadline;
    };
    struct Publication {
        std::string etag;
        TimePoint deadline;
        std::vector<Word> words;
    };
    struct Resource {
        std::vector<Publication> publications;
        std::vector<Word> tombstones;
        Expected expected;
    };

    static bool is_overtaken_by(const Word& active, const Word& ended);
    static bool takes_precedence(const Word& a, const Word& b);
    Publication& find(Resource& resource, const std::string& etag);
    void end_unlisted(TimePoint now, Resource& resource, const Word& word);
    void recompute(Resource& resource);
    static void recompute_contact(
        Resource& resource,
        const std::string& uri,
        const std::vector<std::pair<const Word*, const Publication*>>& words
    );

    Duration grace_;
    std::uint64_t last_order_ = 0;
    std::map<std::string, Resource> resources_;
};

}  // namespace reginfo::sim
