/// @file
/// The messages to a service manager.

#include "app/service_manager.hpp"

#include <boost/asio/local/datagram_protocol.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Local = boost::asio::local::datagram_protocol;
using namespace std::chrono_literals;

/// The manager's end, on an abstract name of this process.
class ServiceManagerTest : public ::testing::Test {
protected:
    ServiceManagerTest() : end(io, Local::endpoint(std::string(1, '\0') + name.substr(1))) {
        end.non_blocking(true);
    }

    std::vector<std::string> told() {
        std::vector<std::string> states;
        std::array<char, 256> buffer{};
        boost::system::error_code error;
        while (const auto size = end.receive(boost::asio::buffer(buffer), 0, error)) {
            states.emplace_back(buffer.data(), size);
        }
        return states;
    }

    std::string name = "@reginfod-test-" + std::to_string(::getpid());
    boost::asio::io_context io;
    Local::socket end;
};

TEST_F(ServiceManagerTest, GetsAMessageWhenTheServerIsReadyAndWhenItStops) {
    ServiceManager manager(io, {name, 0us});

    manager.tell_ready();
    manager.tell_stopping();

    EXPECT_THAT(told(), ElementsAre("READY=1", "STOPPING=1"));
    EXPECT_EQ(io.run(), 0U) << "without a watchdog there is no timer";
}

TEST_F(ServiceManagerTest, IsGivenSignsOfLifeByAReactorThatTurns) {
    ServiceManager manager(io, {name, 20ms});
    manager.tell_ready();
    EXPECT_THAT(told(), ElementsAre("READY=1", "WATCHDOG=1"));

    EXPECT_THAT(told(), IsEmpty()) << "a reactor that does not turn gives none";
    io.run_one();
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));
    io.run_one();
    EXPECT_THAT(told(), ElementsAre("WATCHDOG=1"));

    manager.stop();
    io.run();
    EXPECT_THAT(told(), IsEmpty());
}

TEST_F(ServiceManagerTest, MayBeGone) {
    end.close();
    ServiceManager manager(io, {name, 20ms});
    ServiceManager none(io, {});
    ServiceManager unspeakable(io, {std::string(200, 'x'), 20ms});

    for (ServiceManager* each : {&manager, &none, &unspeakable}) each->tell_ready();

    EXPECT_EQ(io.run(), 0U);
}

TEST(ServiceManagerOptionsTest, ComeFromTheEnvironment) {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);

    EXPECT_EQ(ServiceManagerOptions::from_environment().socket, "/run/notify");
    EXPECT_EQ(ServiceManagerOptions::from_environment().watchdog, 30s);
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(ServiceManagerOptions::from_environment().watchdog, 0s) << "meant for another one";
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(ServiceManagerOptions::from_environment().watchdog, 30s);

    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    EXPECT_EQ(ServiceManagerOptions::from_environment().socket, "");
}

}  // namespace
}  // namespace reginfo
