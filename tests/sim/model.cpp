/// @file

#include "tests/sim/model.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace reginfo::sim {
namespace {

/// What two documents may differ in that tell the end of one registration.
constexpr Duration kSameTime = std::chrono::seconds{5};

/// "Within one document active beats ended"; of two active ones the usual precedence.
bool replaces(const Listing& later, const Listing& earlier) {
    if (later.active != earlier.active) return later.active;
    if (later.callid == earlier.callid && later.cseq && earlier.cseq &&
        *later.cseq != *earlier.cseq) {
        return *later.cseq > *earlier.cseq;
    }
    return true;
}

std::vector<Listing> one_a_contact(const Body& body) {
    std::vector<Listing> result;
    for (const Listing& listing : body.listings) {
        bool known = false;
        for (Listing& other : result) {
            if (other.uri != listing.uri) continue;
            known = true;
            if (replaces(listing, other)) other = listing;
        }
        if (!known) result.push_back(listing);
    }
    return result;
}

}  // namespace

/// An active word of the very registration whose end another one tells is an old one.
bool Model::is_outdated(const Word& active, const Word& ended) {
    if (!active.what.active || ended.what.active || !active.deadline || !ended.deadline) {
        return false;
    }
    const Duration apart = *active.deadline - *ended.deadline;
    return active.what.callid == ended.what.callid && active.what.cseq &&
           active.what.cseq == ended.what.cseq && apart <= kSameTime && -apart <= kSameTime;
}

/// "Of two words with the same callid the higher cseq wins; with equal or missing cseq, or
/// different callids, the one first said later."
bool Model::outranks(const Word& a, const Word& b) {
    if (is_outdated(a, b)) return false;
    if (is_outdated(b, a)) return true;
    if (a.what.callid == b.what.callid && a.what.cseq && b.what.cseq &&
        *a.what.cseq != *b.what.cseq) {
        return *a.what.cseq > *b.what.cseq;
    }
    return a.said > b.said;
}

bool Model::has(const std::string& aor, const std::string& etag) const {
    const auto at = resources_.find(aor);
    if (at == resources_.end()) return false;
    const auto& all = at->second.publications;
    return std::any_of(all.begin(), all.end(), [&](const auto& p) { return p.etag == etag; });
}

Model::Publication& Model::find(Resource& resource, const std::string& etag) {
    for (Publication& publication : resource.publications) {
        if (publication.etag == etag) return publication;
    }
    throw std::logic_error("the model has no publication " + etag);
}

/// "No longer listing a contact that was listed with a callid in a modified full document, and the
/// end of its time, are ended words with the callid and cseq last listed." The end of its time was
/// said when it was listed.
void Model::leave_out(TimePoint now, Resource& resource, const Word& word) {
    if (!word.what.active) {
        resource.tombstones.push_back(word);
    } else if (!word.what.callid.empty()) {
        Word ended = word;
        ended.what.active = false;
        if (!word.deadline || *word.deadline > now) ended.said = ++said_;
        ended.deadline.reset();
        resource.tombstones.push_back(ended);
    }
}

void Model::publish(
    TimePoint now,
    const std::string& aor,
    const std::string& current,
    const std::string& next,
    TimePoint deadline,
    const Body& body
) {
    Resource& resource = resources_[aor];
    if (current.empty()) resource.publications.emplace_back().etag = current;
    Publication& publication =
        current.empty() ? resource.publications.back() : find(resource, current);
    publication.etag = next;
    publication.deadline = deadline;

    const std::vector<Word> before = publication.words;
    publication.words.clear();
    const std::vector<Listing> listings = one_a_contact(body);
    for (const Listing& listing : listings) {
        Word word;
        word.what = listing;
        if (listing.expires > Seconds{0}) word.deadline = now + *listing.expires;
        word.said = ++said_;
        for (const Word& old : before) {
            if (old.what.uri != listing.uri) continue;
            const bool same = old.what.callid == listing.callid && old.what.cseq == listing.cseq &&
                              old.what.active == listing.active;
            if (same) word.said = old.said;
            if (same || old.what.active) continue;
            resource.tombstones.push_back(old);
        }
        publication.words.push_back(word);
    }
    for (const Word& old : before) {
        const bool listed = std::any_of(listings.begin(), listings.end(), [&](const Listing& l) {
            return l.uri == old.what.uri;
        });
        if (listed) continue;
        if (body.full) {
            leave_out(now, resource, old);
        } else {
            publication.words.push_back(old);
        }
    }
    resource.expected.published = true;
    settle(resource);
}

void Model::refresh(
    const std::string& aor,
    const std::string& current,
    const std::string& next,
    TimePoint deadline
) {
    Publication& publication = find(resources_[aor], current);
    publication.etag = next;
    publication.deadline = deadline;
    settle(resources_[aor]);
}

/// "Removing or expiring a publication withdraws its active words."
void Model::remove(const std::string& aor, const std::string& current) {
    Resource& resource = resources_[aor];
    for (const Word& word : find(resource, current).words) {
        if (!word.what.active) resource.tombstones.push_back(word);
    }
    std::erase_if(resource.publications, [&](const auto& p) { return p.etag == current; });
    settle(resource);
}

void Model::expire(TimePoint now) {
    for (const auto& [aor, resource] : resources_) expire(now, aor);
}

void Model::expire(TimePoint now, const std::string& aor) {
    Resource& resource = resources_[aor];
    const std::vector<Publication> publications = resource.publications;
    for (const Publication& publication : publications) {
        if (publication.deadline <= now) remove(aor, publication.etag);
    }
    for (Publication& publication : resource.publications) {
        std::vector<Word> left;
        for (Word& word : publication.words) {
            if (!word.what.active || !word.deadline || *word.deadline + grace_ > now) {
                left.push_back(word);
            } else if (!word.what.callid.empty()) {
                word.what.active = false;
                word.deadline.reset();
                left.push_back(word);
            }
        }
        publication.words = left;
    }
    settle(resource);
}

void Model::shift(const std::string& aor, Duration later) {
    Resource& resource = resources_[aor];
    const auto shift_words = [&](std::vector<Word>& words) {
        for (Word& word : words) {
            if (word.deadline) *word.deadline += later;
        }
    };
    for (Publication& publication : resource.publications) {
        publication.deadline += later;
        shift_words(publication.words);
    }
    shift_words(resource.tombstones);
    settle(resource);
}

void Model::settle(Resource& resource) {
    std::map<std::string, std::vector<std::pair<const Word*, const Publication*>>> words;
    for (const Publication& publication : resource.publications) {
        for (const Word& word : publication.words) {
            words[word.what.uri].emplace_back(&word, &publication);
        }
    }
    // "an ended word stays as a tombstone until no older active word on that contact is left"
    std::vector<Word> kept;
    for (const Word& tombstone : resource.tombstones) {
        const auto& others = words[tombstone.what.uri];
        const bool needed = std::any_of(others.begin(), others.end(), [&](const auto& other) {
            return other.first->what.active && !other.first->what.callid.empty() &&
                   outranks(tombstone, *other.first);
        });
        if (needed) kept.push_back(tombstone);
    }
    resource.tombstones = kept;
    for (const Word& word : resource.tombstones) {
        words[word.what.uri].emplace_back(&word, nullptr);
    }
    resource.expected.active.clear();
    for (const auto& [uri, said] : words) settle_contact(resource, uri, said);
}

void Model::settle_contact(
    Resource& resource,
    const std::string& uri,
    const std::vector<std::pair<const Word*, const Publication*>>& words
) {
    const Word* best = nullptr;
    const Publication* by = nullptr;
    bool numbered = false;
    for (const auto& [word, publication] : words) {
        if (word->what.callid.empty()) continue;
        numbered = true;
        const bool first = std::all_of(words.begin(), words.end(), [&](const auto& other) {
            return other.first == word || other.first->what.callid.empty() ||
                   outranks(*word, *other.first);
        });
        if (!first) continue;
        best = word;
        by = publication;
    }
    if (numbered && !best) resource.expected.undecided.insert(uri);
    if (!best || !best->what.active) {
        // "A contact listed without callid is active while any live publication lists it so."
        best = nullptr;
        for (const auto& [word, publication] : words) {
            if (!word->what.callid.empty() || !word->what.active) continue;
            if (best && best->said > word->said) continue;
            best = word;
            by = publication;
        }
    }
    if (!best) return;
    resource.expected.active[uri] = {
        best->what.callid,
        best->what.cseq,
        best->deadline.value_or(by->deadline),
        best->deadline.has_value(),
    };
}

std::optional<TimePoint> Model::next_deadline() const {
    std::optional<TimePoint> next;
    const auto consider = [&](TimePoint deadline) {
        if (!next || deadline < *next) next = deadline;
    };
    for (const auto& [aor, resource] : resources_) {
        for (const Publication& publication : resource.publications) {
            consider(publication.deadline);
            for (const Word& word : publication.words) {
                if (word.what.active && word.deadline) consider(*word.deadline + grace_);
            }
        }
    }
    return next;
}

}  // namespace reginfo::sim
