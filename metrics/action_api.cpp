#include "metrics/action_api.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "metrics/http_target.hpp"
#include "metrics/lines_stream.hpp"
#include "metrics/list_step.hpp"
#include "metrics/state_json.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::metrics {
namespace {

constexpr std::int64_t kMaxRetryAfter = 86'400;

/// Takes as long for any wrong text of one length.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return difference == 0;
}

/// The token of "Bearer TOKEN" (RFC 6750 §2.1), the scheme in any case.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    return authorization.substr(scheme.size());
}

/// Why the request may not do this; nothing if it may. A wrong token is somebody who tries.
std::optional<HttpResponse> objection(
    const CoreAccess& core,
    const HttpRequest& request,
    const std::string& token
) {
    if (token.empty()) {
        return make_problem(403, "Actions are off: configure http.token to have them.");
    }
    const auto given = bearer_token(request.authorization);
    if (given && equal_in_constant_time(*given, token)) return std::nullopt;
    if (given) core.warn(request.method + " " + request.path + " from " + request.peer);
    HttpResponse response =
        make_problem(401, "This needs the bearer token that is configured as http.token.");
    response.headers.emplace_back(
        "WWW-Authenticate",
        given ? "Bearer realm=\"reginfod\", error=\"invalid_token\"" : "Bearer realm=\"reginfod\""
    );
    return response;
}

/// For the log: who asked for what, and what came of it.
std::string line_of(const HttpRequest& request, const HttpResponse& response) {
    const std::string query = request.query.empty() ? "" : "?" + request.query;
    return request.method + " " + request.path + query + " from " + request.peer + ": " +
           std::to_string(response.status);
}

/// For what has no parameters: one that is given was meant to do something.
template <class Handler>
auto without_parameters(Handler handler) {
    return [handler](const CoreAccess& core, const HttpRequest& request) {
        if (request.query.empty()) return handler(core, request);
        return make_problem(400, "Unknown parameter; there are none.");
    };
}

HttpResponse answer_of(ActionOutcome outcome) {
    switch (outcome) {
        case ActionOutcome::done:
            return json_response("{\"outcome\":\"done\"}\n", 202);
        case ActionOutcome::not_found:
            return make_problem(404, "There is no such thing, or it is over.");
        case ActionOutcome::too_many:
            return make_problem(409, "There are 16 traces already; end one of them first.");
        case ActionOutcome::stopping:
            return make_problem(503, "The server is to be stopped; nothing was done.");
        case ActionOutcome::busy:
            break;
    }
    HttpResponse response = make_problem(409, "A change of it is being stored; try again.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

std::optional<TerminationReason> reason_named(std::string_view text) {
    for (const auto reason :
         {TerminationReason::deactivated,
          TerminationReason::probation,
          TerminationReason::rejected,
          TerminationReason::noresource}) {
        if (text == text_of(reason)) return reason;
    }
    return std::nullopt;
}

std::optional<ContactEvent> event_named(std::string_view text) {
    for (const auto event :
         {ContactEvent::deactivated, ContactEvent::rejected, ContactEvent::unregistered}) {
        if (text == text_of(event)) return event;
    }
    return std::nullopt;
}

std::optional<std::int64_t> number_in(std::string_view text, std::int64_t min, std::int64_t max) {
    const auto value = parse_number<std::int64_t>(text);
    return value && *value >= min && *value <= max ? value : std::nullopt;
}

HttpResponse end_subscription(const CoreAccess& core, const HttpRequest& request) {
    EndSubscription action{request.parameters[0], TerminationReason::deactivated, Seconds{0}};
    const auto query = parse_query(request.query);
    if (!query) return make_problem(400, "A broken percent-encoding in the query.");
    for (const auto& [name, value] : *query) {
        if (name == "reason") {
            const auto reason = reason_named(value);
            if (!reason) {
                return make_problem(400, "reason: deactivated, probation, rejected or noresource.");
            }
            action.reason = *reason;
        } else if (name == "retry_after") {
            const auto wait = number_in(value, 0, kMaxRetryAfter);
            if (!wait) return make_problem(400, "retry_after: seconds, from 0 to 86400.");
            action.retry_after = Seconds{*wait};
        } else {
            return make_problem(400, "Unknown parameter; there are reason and retry_after.");
        }
    }
    return answer_of(core.act(action));
}

HttpResponse end_contact(const CoreAccess& core, const HttpRequest& request) {
    EndContact action{request.parameters[0], request.parameters[1], ContactEvent::deactivated};
    const auto query = parse_query(request.query);
    if (!query) return make_problem(400, "A broken percent-encoding in the query.");
    for (const auto& [name, value] : *query) {
        if (name != "event") return make_problem(400, "Unknown parameter; there is event.");
        const auto event = event_named(value);
        if (!event) return make_problem(400, "event: deactivated, rejected or unregistered.");
        action.event = *event;
    }
    return answer_of(core.act(action));
}

constexpr std::int64_t kTraceDefault = 300;
constexpr std::int64_t kTraceMax = 3'600;

HttpResponse trace(const CoreAccess& core, const HttpRequest& request) {
    TraceAor action{request.parameters[0], Seconds{kTraceDefault}};
    const auto query = parse_query(request.query);
    if (!query) return make_problem(400, "A broken percent-encoding in the query.");
    for (const auto& [name, value] : *query) {
        if (name != "seconds") return make_problem(400, "Unknown parameter; there is seconds.");
        const auto seconds = number_in(value, 1, kTraceMax);
        if (!seconds) return make_problem(400, "seconds: from 1 to 3600.");
        action.time = Seconds{*seconds};
    }
    return answer_of(core.act(action));
}

HttpResponse drain(const CoreAccess& core, const HttpRequest&) {
    core.drain();
    return answer_of(ActionOutcome::done);
}

std::string line_of(std::string_view kind, const Json& fields) {
    Json line;
    line["kind"] = kind;
    line.update(fields);
    return dump(line);
}

std::string registration_line(const RegistrationDetails& registration) {
    Json json = to_json(registration);
    json.erase("watched_by");
    return line_of("registration", json);
}

std::string subscription_line(const SubscriptionView& subscription) {
    return line_of("subscription", to_json(subscription));
}

/// All registrations with their contacts and publications, then all subscriptions.
HttpResponse dump_state(const CoreAccess& core, const HttpRequest&) {
    std::vector<ListStep> tables{
        steps_through<RegistrationDetails>(core, {}, registration_line),
        steps_through<SubscriptionView>(core, {}, subscription_line),
    };
    HttpResponse response;
    response.content_type = "application/jsonl";
    response.stream = std::make_shared<LinesStream>(std::move(tables));
    return response;
}

}  // namespace

void add_action_routes(Router& router, const CoreAccess& core, std::function<std::string()> token) {
    const auto add = [&](std::string method, std::string_view path, auto handler) {
        router.add(std::move(method), path, [core, token, handler](const HttpRequest& request) {
            if (auto refused = objection(core, request, token())) return std::move(*refused);
            HttpResponse response = handler(core, request);
            core.log(line_of(request, response));
            return response;
        });
    };
    add("POST",
        "/api/v1/registrations/{aor}/notify",
        without_parameters([](const CoreAccess& access, const HttpRequest& request) {
            return answer_of(access.act(NotifyAgain{request.parameters[0]}));
        }));
    add("DELETE",
        "/api/v1/registrations/{aor}/publications/{entity_tag}",
        without_parameters([](const CoreAccess& access, const HttpRequest& request) {
            return answer_of(
                access.act(DropPublication{request.parameters[0], request.parameters[1]})
            );
        }));
    add("DELETE", "/api/v1/registrations/{aor}/contacts/{id}", end_contact);
    add("DELETE", "/api/v1/subscriptions/{id}", end_subscription);
    add("POST", "/api/v1/registrations/{aor}/trace", trace);
    add("DELETE",
        "/api/v1/registrations/{aor}/trace",
        without_parameters([](const CoreAccess& access, const HttpRequest& request) {
            return answer_of(access.act(TraceAor{request.parameters[0], Seconds{0}}));
        }));
    add("POST", "/api/v1/drain", without_parameters(drain));
    add("GET", "/api/v1/dump", without_parameters(dump_state));
}

}  // namespace reginfo::metrics
