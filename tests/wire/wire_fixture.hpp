/// @file
/// A scripted peer: whole messages as text to an assembled engine, and whole messages back.
#pragma once

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

/// A raw string literal as it is on the wire: the line end behind `R"(` does not count, all others
/// are CRLF.
std::string wire(std::string_view text);

/// The text with all of one part replaced.
std::string with(std::string text, std::string_view part, std::string_view other);

/// The value of a parameter of a header field value, "" if it has none, "-" if it is absent.
std::string param_of(const std::string& header_value, std::string_view name);

class WireTest : public ::testing::Test {
protected:
    explicit WireTest(Settings settings = test_settings()) : world(std::move(settings)) {}

    /// The only response to a request.
    Sent ask(const RequestText& request) { return world.ask(flow, request.text()); }
    Sent ask(std::string_view text) { return world.ask(flow, text); }

    /// All that the server sends upon a message.
    std::vector<Sent> hear(std::string_view text);
    std::vector<Sent> hear(const RequestText& request) { return hear(request.text()); }

    // Requests that nothing is wrong with, each with a transaction of its own.
    RequestText options() const;
    RequestText publish() const;
    RequestText subscribe() const;

    World world;
    Flow flow = udp_flow("198.51.100.1");
};

/// One watcher, and its NOTIFYs.
class DialogTest : public WireTest {
protected:
    /// The NOTIFY that follows a SUBSCRIBE of the watcher.
    Sent notify() {
        EXPECT_EQ(watcher.subscribe(world).status(), 200);
        const auto notifies = world.take_notifies();
        EXPECT_EQ(notifies.size(), 1U);
        return notifies.empty() ? Sent{} : notifies[0];
    }

    Watcher watcher{"w1"};
};

}  // namespace reginfo::test
