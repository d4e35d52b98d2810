/// @file

#include "tests/sim/model.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace reginfo::sim {
namespace {

/// The deadlines that two documents give to one registration differ by no more than this.
constexpr Duration kSameDeadline = std::chrono::seconds{5};

/// "Within one document, active wins over ended." Two active listings: the usual precedence.
bool replaces(const Listing& later, const Listing& earlier) {
    if (later.active != earlier.active) return later.active;
    if (later.callid == earlier.callid && later.cseq && earlier.cseq &&
        *later.cseq != *earlier.cseq) {
        return *later.cseq > *earlier.cseq;
    }
    return true;
}

std::vector<Listing> without_duplicates(const Body& body) {
    std::vector<Listing> result;
    for (const Listing& listing : body.listings) {
        bool is_listed = false;
        for (Listing& other : result) {
            if (other.uri != listing.uri) continue;
            is_listed = true;
            if (replaces(listing, other)) other = listing;
        }
        if (!is_listed) result.push_back(listing);
    }
    return result;
}

}  // namespace

/// "An active and an ended word with the same Call-ID and cseq whose deadlines differ by at most 5
/// s are of one registration": the active word was overtaken.
bool Model::is_overtaken_by(const Word& active, const Word& ended) {
    if (!active.what.active || ended.what.active || !active.deadline || !ended.deadline) {
        return false;
    }
    const Duration apart = *active.deadline - *ended.deadline;
    return active.what.callid == ended.what.callid && active.what.cseq &&
           active.what.cseq == ended.what.cseq && apart <= kSameDeadline && -apart <= kSameDeadline;
}

/// "Of two words with the same Call-ID, the higher cseq wins. With equal cseqs, without a cseq, or
/// with different Call-IDs, the word that was first published later wins."
bool Model::takes_precedence(const Word& a, const Word& b) {
    if (is_overtaken_by(a, b)) return false;
    if (is_overtaken_by(b, a)) return true;
    if (a.what.callid == b.what.callid && a.what.cseq && b.what.cseq &&
        *a.what.cseq != *b.what.cseq) {
        return *a.what.cseq > *b.what.cseq;
    }
    return a.order > b.order;
}

bool Model::has(const std::string& aor, const std::string& etag) const {
    const auto resource = resources_.find(aor);
    if (resource == resources_.end()) return false;
    const auto& all = resource->second.publications;
    return std::any_of(all.begin(), all.end(), [&](const auto& p) { return p.etag == etag; });
}

Model::Publication& Model::find(Resource& resource, const std::string& etag) {
    for (Publication& publication : resource.publications) {
        if (publication.etag == etag) return publication;
    }
    throw std::logic_error("the model has no publication " + etag);
}

/// "A contact that was listed with a Call-ID and is missing in the next full document of its
/// publication becomes an ended word. So does one whose time is over. [...] A word whose time is
/// over keeps its place in that order."
void Model::end_unlisted(TimePoint now, Resource& resource, const Word& word) {
    if (!word.what.active) {
        resource.tombstones.push_back(word);
    } else if (!word.what.callid.empty()) {
        Word ended = word;
        ended.what.active = false;
        if (!word.deadline || *word.deadline > now) ended.order = ++last_order_;
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
    const std::vector<Listing> listings = without_duplicates(body);
    for (const Listing& listing : listings) {
        Word word;
        word.what = listing;
        if (listing.expires > Seconds{0}) word.deadline = now + *listing.expires;
        word.order = ++last_order_;
        for (const Word& old : before) {
            if (old.what.uri != listing.uri) continue;
            const bool same = old.what.callid == listing.callid && old.what.cseq == listing.cseq &&
                              old.what.active == listing.active;
            if (same) word.order = old.order;
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
            end_unlisted(now, resource, old);
        } else {
            publication.words.push_back(old);
        }
    }
    resource.expected.published = true;
    recompute(resource);
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
    recompute(resources_[aor]);
}

/// "A removed or expired publication takes its active words with it."
void Model::remove(const std::string& aor, const std::string& current) {
    Resource& resource = resources_[aor];
    for (const Word& word : find(resource, current).words) {
        if (!word.what.active) resource.tombstones.push_back(word);
    }
    std::erase_if(resource.publications, [&](const auto& p) { return p.etag == current; });
    recompute(resource);
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
    recompute(resource);
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
    recompute(resource);
}

void Model::recompute(Resource& resource) {
    std::map<std::string, std::vector<std::pair<const Word*, const Publication*>>> words;
    for (const Publication& publication : resource.publications) {
        for (const Word& word : publication.words) {
            words[word.what.uri].emplace_back(&word, &publication);
        }
    }
    // "Its ended words stay as tombstones until no older active word on the contact is left."
    std::vector<Word> kept;
    for (const Word& tombstone : resource.tombstones) {
        const auto& others = words[tombstone.what.uri];
        const bool is_needed = std::any_of(others.begin(), others.end(), [&](const auto& other) {
            return other.first->what.active && !other.first->what.callid.empty() &&
                   takes_precedence(tombstone, *other.first);
        });
        if (is_needed) kept.push_back(tombstone);
    }
    resource.tombstones = kept;
    for (const Word& word : resource.tombstones) {
        words[word.what.uri].emplace_back(&word, nullptr);
    }
    resource.expected.active.clear();
    for (const auto& [uri, words_on_it] : words) recompute_contact(resource, uri, words_on_it);
}

void Model::recompute_contact(
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
                   takes_precedence(*word, *other.first);
        });
        if (!first) continue;
        best = word;
        by = publication;
    }
    if (numbered && !best) resource.expected.undecided.insert(uri);
    if (!best || !best->what.active) {
        // "A contact without a Call-ID is active while any live publication lists it as active."
        best = nullptr;
        for (const auto& [word, publication] : words) {
            if (!word->what.callid.empty() || !word->what.active) continue;
            if (best && best->order > word->order) continue;
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
