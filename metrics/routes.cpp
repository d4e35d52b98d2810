#include "metrics/routes.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <memory>
#include <utility>

namespace reginfo::metrics {
namespace {

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

}  // namespace

Router make_routes(RouteSources sources) {
    Router router;
    const std::string index = "reginfod " + sources.version +
                              "\n\n"
                              "/metrics  what it counts, for Prometheus\n"
                              "/healthz  200 while it runs\n"
                              "/readyz   200 while it serves SIP\n";
    router.add("GET", "/", [index](const HttpRequest&) { return text(index); });
    router.add("GET", "/healthz", [](const HttpRequest&) { return text("ok\n"); });
    router.add("GET", "/readyz", [is_ready = std::move(sources.is_ready)](const HttpRequest&) {
        return is_ready() ? text("ready\n") : make_problem(503, "The listeners are not open.");
    });
    router.add(
        "GET",
        "/metrics",
        [collectables = std::move(sources.collectables)](const HttpRequest&) {
            return metrics_of(collectables);
        }
    );
    return router;
}

}  // namespace reginfo::metrics
