#include "metrics/state_api.hpp"

#include "core/base/ascii.hpp"
#include "core/base/hash.hpp"
#include "core/base/hex.hpp"
#include "core/base/numbers.hpp"
#include "core/event/records/lookup.hpp"
#include "metrics/http_target.hpp"
#include "metrics/list_step.hpp"
#include "metrics/page_stream.hpp"
#include "metrics/representation.hpp"
#include "metrics/state_json.hpp"
#include "metrics/summary.hpp"
#include "metrics/text_stream.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace reginfo::metrics {
namespace {

constexpr std::size_t kLimitDefault = 100;
constexpr std::size_t kLimitMax = 1'000;
constexpr std::size_t kWatchersShown = 100;

/// Of entity-tags that name the bytes of a representation; chosen by chance.
constexpr std::uint64_t kTagKey0 = 0x1f0c'7a52'93d4'6be8U;
constexpr std::uint64_t kTagKey1 = 0x84e6'29bd'05f1'3c77U;

/// What the parameter `state` of a list speaks of: of the registration that an entry belongs to, or
/// of the subscription that it is.
enum class StateOf : std::uint8_t { registration, subscription };

/// What a list is asked for.
struct ListRequest {
    std::size_t cursor = 0;
    std::size_t limit = kLimitDefault;
    RegistrationFilter filter;
    std::optional<bool> active;  ///< of subscriptions
};

std::optional<RegistrationState> state_named(std::string_view text) {
    for (const auto state :
         {RegistrationState::init, RegistrationState::active, RegistrationState::terminated}) {
        if (text == text_of(state)) return state;
    }
    return std::nullopt;
}

std::string take_state(ListRequest& list, StateOf state_of, const std::string& value) {
    const auto state = state_named(value);
    if (state_of == StateOf::registration) {
        list.filter.state = state;
        return state ? "" : "state: init, active or terminated.";
    }
    if (!state || *state == RegistrationState::init) return "state: active or terminated.";
    list.active = *state == RegistrationState::active;
    return {};
}

/// Takes one parameter. Returns what is wrong with it; empty if nothing is.
std::string take(
    ListRequest& list,
    StateOf state_of,
    const std::string& name,
    const std::string& value
) {
    if (name == "cursor") {
        const auto cursor = parse_number<std::size_t>(value);
        if (!cursor) return "cursor: take the value of \"next\" in the page before.";
        list.cursor = *cursor;
    } else if (name == "limit") {
        const auto limit = parse_number<std::size_t>(value);
        if (!limit || *limit == 0 || *limit > kLimitMax) return "limit: from 1 to 1000.";
        list.limit = *limit;
    } else if (name == "domain") {
        list.filter.domain = lower_case(value);
    } else if (name == "prefix") {
        list.filter.prefix = value;
    } else if (name == "state") {
        return take_state(list, state_of, value);
    } else if (name == "aor") {
        list.filter.aor = canonical_aor(value);
        if (!list.filter.aor) return "aor: a SIP or tel URI.";
    } else {
        return "Unknown parameter; there are cursor, limit, domain, prefix, state and aor.";
    }
    return {};
}

std::variant<ListRequest, HttpResponse> read_list(const HttpRequest& request, StateOf state_of) {
    const auto query = parse_query(request.query);
    if (!query) return make_problem(400, "A broken percent-encoding in the query.");
    ListRequest list;
    for (const auto& [name, value] : *query) {
        const std::string wrong = take(list, state_of, name, value);
        if (!wrong.empty()) return make_problem(400, wrong);
    }
    return list;
}

HttpResponse page(std::string name, const ListRequest& list, ListStep step) {
    HttpResponse response;
    response.content_type = "application/json";
    response.stream =
        std::make_shared<PageStream>(std::move(name), list.cursor, list.limit, std::move(step));
    return response;
}

template <class View>
std::string write(const View& view) {
    return dump(to_json(view));
}

template <class View>
HttpResponse list_of(const CoreAccess& core, std::string name, const ListRequest& list) {
    return page(std::move(name), list, steps_through<View>(core, list.filter, write));
}

/// Those of one AOR are found through it, unless they are too many to be listed at once.
HttpResponse list_subscriptions(const CoreAccess& core, std::string name, const ListRequest& list) {
    const auto keep = [active = list.active](const SubscriptionView& one) {
        return !active || one.active == *active;
    };
    const auto& aor = list.filter.aor;
    const auto details = aor && list.cursor == 0
                             ? core.inspection().registration(core.now(), *aor, kWatchersShown)
                             : std::nullopt;
    const std::size_t most = std::min(list.limit, kWatchersShown);
    if (!details || details->summary.watchers > most) {
        return page(
            std::move(name), list, steps_through<SubscriptionView>(core, list.filter, write, keep)
        );
    }
    const auto all = [watchers = details->watchers, keep](auto, auto, auto& out) {
        for (const SubscriptionView& one : watchers) {
            if (keep(one)) out.push_back(write(one));
        }
        return std::optional<std::size_t>();
    };
    return page(std::move(name), list, all);
}

HttpResponse unknown_aor() {
    return make_problem(404, "Nothing is known of this address-of-record.");
}

/// One of several representations of a resource.
/// @param tag  its entity-tag without quotes; a weak one, as compressed it has other bytes
HttpResponse representation(
    std::string_view type,
    std::string body,
    std::string_view tag,
    const HttpRequest& request
) {
    HttpResponse response;
    response.content_type = type;
    const std::string quoted = "\"" + std::string(tag) + "\"";
    response.headers = {{"ETag", "W/" + quoted}, {"Vary", "Accept"}};
    if (has_already(request.if_none_match, quoted)) {
        response.status = 304;
    } else if (body.size() > TextStream::kPieceBytes) {
        response.stream = std::make_shared<TextStream>(std::move(body));
    } else {
        response.body = std::move(body);
    }
    return response;
}

HttpResponse one_registration(const CoreAccess& core, const HttpRequest& request) {
    constexpr std::string_view types[] = {"application/json", "application/reginfo+xml"};
    const auto type = preferred_type(request.accept, types);
    if (!type) {
        HttpResponse problem =
            make_problem(406, "Accept takes neither application/json nor application/reginfo+xml.");
        problem.headers.emplace_back("Vary", "Accept");
        return problem;
    }
    const std::string& aor = request.parameters[0];
    if (*type == 1) {
        auto document = core.inspection().document(core.now(), aor);
        if (!document) return unknown_aor();
        return representation(types[1], std::move(document->xml), document->entity_tag, request);
    }
    const auto details = core.inspection().registration(core.now(), aor, kWatchersShown);
    if (!details) return unknown_aor();
    std::string json = dump(to_json(*details)) + "\n";
    const HexText tag(Hasher(kTagKey0, kTagKey1).add(json).finish().low);
    return representation(types[0], std::move(json), tag, request);
}

HttpResponse one_subscription(const CoreAccess& core, const HttpRequest& request) {
    const auto view = core.inspection().subscription(core.now(), request.parameters[0]);
    if (!view) return make_problem(404, "No such subscription.");
    return json_response(dump(to_json(*view)) + "\n");
}

using List = HttpResponse (*)(const CoreAccess&, std::string name, const ListRequest&);

void add_list(
    Router& router,
    const CoreAccess& core,
    const std::string& name,
    StateOf state_of,
    List list
) {
    router.add("GET", "/api/v1/" + name, [=](const HttpRequest& request) {
        auto read = read_list(request, state_of);
        if (auto* const problem = std::get_if<HttpResponse>(&read)) return std::move(*problem);
        return list(core, name, std::get<ListRequest>(read));
    });
}

}  // namespace

void add_state_routes(Router& router, const CoreAccess& core, const std::string& version) {
    add_list(router, core, "registrations", StateOf::registration, list_of<RegistrationView>);
    add_list(router, core, "publications", StateOf::registration, list_of<PublicationView>);
    add_list(router, core, "subscriptions", StateOf::subscription, list_subscriptions);
    router.add("GET", "/api/v1/registrations/{aor}", [core](const HttpRequest& request) {
        return one_registration(core, request);
    });
    router.add("GET", "/api/v1/subscriptions/{id}", [core](const HttpRequest& request) {
        return one_subscription(core, request);
    });
    router.add("GET", "/api/v1/summary", [core, version](const HttpRequest&) {
        return json_response(dump(summary_of(core, version)) + "\n");
    });
}

}  // namespace reginfo::metrics
