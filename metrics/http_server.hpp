/// @file
/// The HTTP side port: HTTP/1.1 on the reactor's io_context.
#pragma once

#include "core/base/address.hpp"
#include "metrics/http_options.hpp"
#include "metrics/router.hpp"

#include <boost/asio/io_context.hpp>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <optional>
#include <vector>

namespace reginfo::metrics {

/// Serves a Router over HTTP, with keep-alive.
///
/// Who connects and asks is served, however many others do not ask (HttpPlaces).
///
/// Refuses what is malformed (400), too long (413, 414, 431), of another HTTP version (505) or not
/// meant for us by its Host (421); each refusal is a problem document (RFC 9457).
///
/// Must outlive its connections: after stop(), io_context::run() must return before it goes.
class HttpServer final : public prometheus::Collectable {
public:
    HttpServer(boost::asio::io_context& io, HttpOptions options);
    ~HttpServer() override;
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Binds and listens; connections wait in the kernel until start().
    /// @param passed  a socket that does so there already
    /// @return what was bound: the port, if that of `endpoint` is 0
    /// @throw boost::system::system_error
    Endpoint open(const Endpoint& endpoint, std::optional<int> passed = {});

    /// @pre open() has returned
    void start(Router router);

    /// Closes the listener and every connection. May be called twice.
    void stop();

    /// What it counts of itself.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace reginfo::metrics
