/// @file
/// The side port's resources over an engine in a world of its own, without sockets.
#pragma once

#include "metrics/event_hub.hpp"
#include "metrics/routes.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::metrics {

inline const std::string kToken = "a-token-of-the-tests";
inline const std::string kAlice = "/api/v1/registrations/sip%3Aalice%40example.org";

class ApiTest : public ::testing::Test {
protected:
    explicit ApiTest(EventLimits limits = {}) : hub(access(), "0123456789ab", limits) {
        RouteSources sources;
        sources.collectables = {&hub};
        sources.unready_because = [] { return std::string(); };
        sources.version = "1.2.3";
        sources.core = access();
        sources.events = &hub;
        sources.token = [] { return kToken; };
        router = make_routes(std::move(sources));
    }

    CoreAccess access() {
        CoreAccess core;
        core.stats = [this]() -> const Stats& { return world.stats(); };
        core.inspection = [this]() -> const Inspection& { return world.engine().inspection(); };
        core.now = [this] { return world.now(); };
        core.act = [this](const OperatorAction& action) {
            return is_stopping ? ActionOutcome::stopping : world.act(action);
        };
        core.observe = [this](Observer* observer) {
            observers.push_back(observer);
            world.engine().observe(observer);
        };
        core.log = [this](std::string what) { logged.push_back(std::move(what)); };
        core.warn = [this](std::string what) { warned.push_back(std::move(what)); };
        core.drain = [this] { ++drains; };
        return core;
    }

    HttpResponse ask(const std::string& method, const std::string& target, bool with_token = true) {
        HttpRequest request;
        request.method = method;
        request.peer = "192.0.2.77:4711";
        const std::size_t mark = std::min(target.find('?'), target.size());
        request.path = target.substr(0, mark);
        request.query = target.substr(std::min(mark + 1, target.size()));
        if (with_token) request.authorization = "Bearer " + kToken;
        return drawn(router.dispatch(request));
    }

    /// With its stream drawn to the end.
    HttpResponse drawn(HttpResponse response) {
        steps = 0;
        while (response.stream) {
            ++steps;
            if (response.stream->next(response.body) != BodyStream::Step::more) break;
        }
        return response;
    }

    nlohmann::json get(const std::string& target) {
        const HttpResponse response = ask("GET", target);
        EXPECT_EQ(response.status, 200U) << target << ": " << response.body;
        return nlohmann::json::parse(response.body);
    }

    void publish(const std::string& aor, std::vector<test::ContactText> contacts) {
        publishers.push_back({});
        publishers.back().aor = aor;
        publishers.back().publish(world, std::move(contacts));
    }

    static Settings settings() {
        Settings settings = test::test_settings();
        settings.durable = true;
        return settings;
    }

    test::World world{settings()};
    std::vector<test::Publisher> publishers;
    std::vector<Observer*> observers;
    std::vector<std::string> logged;
    std::vector<std::string> warned;
    EventHub hub;
    Router router;
    std::size_t steps = 0;
    int drains = 0;
    bool is_stopping = false;
};

}  // namespace reginfo::metrics
