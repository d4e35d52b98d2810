/// @file

#include "core/event/notify/documents.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/notify/registration_writer.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/state/stable_id.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/writer.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>

#include <algorithm>
#include <chrono>

namespace reginfo {
namespace {

/// Fan-outs of different AORs take turns; each has one kind of document, or a few.
constexpr std::size_t kCacheMax = 64;

/// Kamailio keys its table on the user and crashes without one (RULES.md, "Kamailio as watcher").
bool has_user(std::string_view aor) { return aor.find('@') != std::string_view::npos; }

/// How a document of that kind names the AOR: for Kamailio, and for who watches another identity,
/// as the publisher did.
std::string_view aor_text_in(
    std::string_view aor,
    const AorState& state,
    DocumentKind kind,
    std::string_view as_the_watcher_wrote_it
) {
    const std::string_view published = state.published_aor();
    if (kind == DocumentKind::kamailio) {
        return published.empty() ? as_the_watcher_wrote_it : published;
    }
    if (!tells_whole_set(kind) || identity_of(as_the_watcher_wrote_it) == aor) {
        return as_the_watcher_wrote_it;
    }
    return published.empty() ? aor : published;
}

/// A text that is counted as long as somebody holds it.
struct Counted {
    Counted(std::string text_, boost::local_shared_ptr<std::size_t> bytes_)
        : text(std::move(text_)), bytes(std::move(bytes_)) {
        *bytes += size();
    }
    ~Counted() { *bytes -= size(); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    std::size_t size() const { return heap_bytes(sizeof *this) + heap_bytes(text); }

    std::string text;
    boost::local_shared_ptr<std::size_t> bytes;
};

SharedBytes counted(std::string text, const boost::local_shared_ptr<std::size_t>& bytes) {
    const auto whole = boost::make_local_shared<Counted>(std::move(text), bytes);
    return {whole, &whole->text};
}

}  // namespace

Documents::Documents(Stats& stats)
    : bytes_(boost::make_local_shared<std::size_t>(std::size_t{0})), stats_(stats) {}

EntityTag entity_tag_of(
    std::string_view aor,
    const AorState& state,
    DocumentKind kind,
    std::string_view aor_text
) {
    return Hasher(0x7265'6769'6e66'6f64U, 0x7266'6335'3833'3900U)
        .add(aor)
        .add(static_cast<std::uint64_t>(kind))
        .add(aor_text)
        .add(state.incarnation)
        .add(newest_of(state, kind))
        .finish()
        .low;
}

NotifyBody Documents::body_for(TimePoint now, const Subscription& subscription) {
    const Aor& aor = subscription.aor();
    const ProfileTraits& traits = traits_of(subscription.profile);
    const Abridgement& abridgement = subscription.abridgement;
    const Kind kind{
        .aor = aor.serial,
        .from = abridgement.without_ends() ? aor.revision() : subscription.acked,
        .to = aor.revision(),
        .document = traits.documents,
        .full = !traits.partial || subscription.full_next || abridgement.needs_full_document(),
        .none_if_empty = traits.empty_body,
        .only_ends = abridgement.only_ends(),
    };
    NotifyBody body;
    body.carries = kind.to;
    body.full = kind.full;
    if (abridgement.without_body()) return body;
    if (kind.none_if_empty && !has_user(aor.name)) return body;
    if (subscription.extras().known_to_watcher == kind.to) {
        const StateReader state = aor.state();
        if (is_told(*state, kind)) {
            body.entity_tag =
                entity_tag_of(aor.name, *state, kind.document, subscription.aor_text());
        }
        return body;
    }
    const Built document = document_of(now, aor, kind, subscription.aor_text());
    if (!document.tail) return body;
    body.tail = document.tail;
    if (traits.entity_tags) body.entity_tag = document.entity_tag;
    return body;
}

NotifyBody Documents::first_body_for(TimePoint now, const Aor& aor, std::string_view aor_text) {
    const Revision newest = aor.revision();
    const Built document =
        build(now, aor, {.aor = aor.serial, .from = newest, .to = newest}, aor_text);
    NotifyBody body;
    body.tail = document.tail;
    body.entity_tag = document.entity_tag;
    body.carries = newest;
    return body;
}

/// Whether there is a document to send at all.
bool Documents::is_told(const AorState& state, const Kind& kind) {
    const ListedSince listing{kind.from, kind.full, kind.only_ends};
    const auto is_listed = [&](const ContactState& contact) { return listing.has(contact); };
    const auto has_left = [&](const FormerUri& former) { return former.left > kind.from; };
    return !kind.none_if_empty || std::ranges::any_of(state.contacts, is_listed) ||
           std::ranges::any_of(state.former_uris, has_left);
}

void Documents::expire(TimePoint now) {
    const std::int64_t second = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (second == second_) return;
    cache_.clear();
    second_ = second;
}

/// Taken from the cache if it was built in this second: then the state need not be opened. What a
/// single watcher gets is asked for once.
/// @param aor_text  as the watcher wrote it
Documents::Built Documents::document_of(
    TimePoint now,
    const Aor& aor,
    const Kind& kind,
    std::string_view aor_text
) {
    expire(now);
    if (aor.watcher_count == 1) return build(now, aor, kind, aor_text);
    for (auto it = cache_.rbegin(); it != cache_.rend(); ++it) {
        if (it->kind == kind && it->aor_text == aor_text) return it->document;
    }
    Cached cached{kind, std::string(aor_text), build(now, aor, kind, aor_text)};
    if (cache_.size() < kCacheMax) return cache_.emplace_back(std::move(cached)).document;
    return (cache_[next_victim_++ % kCacheMax] = std::move(cached)).document;
}

Documents::Built Documents::build(
    TimePoint now,
    const Aor& aor,
    const Kind& kind,
    std::string_view aor_text
) {
    const StateReader state = aor.state();
    Built built;
    if (is_told(*state, kind)) {
        const std::string_view text = aor_text_in(aor.name, *state, kind.document, aor_text);
        built.tail = counted(write(now, aor.name, kind, *state, text), bytes_);
    }
    built.entity_tag = entity_tag_of(aor.name, *state, kind.document, aor_text);
    return built;
}

std::string Documents::write(
    TimePoint now,
    std::string_view aor,
    const Kind& kind,
    const AorState& state,
    std::string_view aor_text
) {
    ++stats_.documents_built;
    std::string out;
    out.reserve(256 + state.contacts.size() * 320);
    const DocumentKind how = kind.document;
    const ListedUris uris(how, state);
    ListedSince listing{kind.from, kind.full, kind.only_ends};
    append_registration(out, now, {aor, aor_text, state, listing, how, uris});
    listing.full = true;
    if (tells_whole_set(how)) {
        for (const SetMember& member : state.members) {
            const AorState& of = member.state;
            append_registration(out, now, {member.aor, of.published_aor(), of, listing, how, uris});
        }
    }
    append_document_end(out);
    return out;
}

}  // namespace reginfo
