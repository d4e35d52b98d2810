#include "metrics/routes.hpp"

#include "metrics/action_api.hpp"
#include "metrics/representation.hpp"
#include "metrics/resources.hpp"
#include "metrics/state_api.hpp"

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <string_view>
#include <utility>

namespace reginfo::metrics {
namespace {

/// Nothing but our own files and answers: no inline script, no frame around us.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse metrics_of(const std::vector<const prometheus::Collectable*>& collectables) {
    std::vector<prometheus::MetricFamily> families;
    for (const prometheus::Collectable* collectable : collectables) {
        std::vector<prometheus::MetricFamily> more = collectable->Collect();
        families.insert(
            families.end(),
            std::make_move_iterator(more.begin()),
            std::make_move_iterator(more.end())
        );
    }
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = prometheus::TextSerializer().Serialize(families);
    return response;
}

HttpResponse text(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    return response;
}

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "application/json";
}

/// Its entity-tag is a weak one: the server may send it compressed, and then other bytes have it.
HttpResponse file(const Resource& resource, const HttpRequest& request) {
    HttpResponse response;
    response.content_type = type_of(resource.name);
    response.headers = {
        {"ETag", "W/" + std::string(resource.entity_tag)},
        {"Cache-Control", "no-cache"},
        {"Content-Security-Policy", std::string(kPolicy)},
        {"Referrer-Policy", "no-referrer"},
        {"X-Frame-Options", "DENY"},
    };
    if (has_already(request.if_none_match, resource.entity_tag)) {
        response.status = 304;
    } else {
        response.body = std::string(resource.bytes);
    }
    return response;
}

void add_files(Router& router) {
    for (const Resource& resource : all_resources()) {
        const std::string path =
            resource.name == "index.html" ? "/" : "/" + std::string(resource.name);
        router.add("GET", path, [&resource](const HttpRequest& request) {
            return file(resource, request);
        });
    }
}

/// What there is under /api/v1, for who looks there first.
void add_index(Router& router) {
    nlohmann::ordered_json index;
    index["description"] = "/openapi.json";
    index["operations"] = nlohmann::ordered_json::array();
    for (const std::string& operation : router.operations()) {
        if (operation.find(" /api/v1/") != std::string::npos) {
            index["operations"].push_back(operation);
        }
    }
    for (const char* path : {"/api/v1", "/api/v1/"}) {
        router.add("GET", path, [body = index.dump(1) + "\n"](const HttpRequest&) {
            return json_response(body);
        });
    }
}

}  // namespace

Router make_routes(RouteSources sources) {
    Router router;
    router.add("GET", "/healthz", [](const HttpRequest&) { return text("ok\n"); });
    router.add(
        "GET",
        "/readyz",
        [unready_because = std::move(sources.unready_because)](const HttpRequest&) {
            const std::string reason = unready_because();
            return reason.empty() ? text("ready\n") : make_problem(503, reason);
        }
    );
    router.add(
        "GET",
        "/metrics",
        [collectables = std::move(sources.collectables)](const HttpRequest&) {
            return metrics_of(collectables);
        }
    );
    add_state_routes(router, sources.core, sources.version);
    add_action_routes(router, sources.core, std::move(sources.token));
    if (sources.events) add_event_route(router, *sources.events);
    add_files(router);
    add_index(router);
    return router;
}

}  // namespace reginfo::metrics
