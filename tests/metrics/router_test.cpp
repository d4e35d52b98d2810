/// @file
/// Paths, methods and Host.

#include "metrics/router.hpp"

#include "metrics/host_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Router::Handler saying(std::string body) {
    return [body](const HttpRequest& request) {
        HttpResponse response;
        response.body = body + request.query;
        return response;
    };
}

TEST(Router, ARequestGoesToTheHandlerOfItsPathAndMethod) {
    Router router;
    router.add("GET", "/a", saying("get a "));
    router.add("POST", "/a", saying("post a "));
    router.add("GET", "/b", saying("get b "));

    EXPECT_EQ(router.dispatch({"GET", "/a", "x"}).body, "get a x");
    EXPECT_EQ(router.dispatch({"POST", "/a", ""}).body, "post a ");
    EXPECT_EQ(router.dispatch({"HEAD", "/b", ""}).body, "get b ");
}

TEST(Router, AnotherMethodIsAnsweredWithThoseAllowed) {
    Router router;
    router.add("GET", "/a", saying(""));
    router.add("POST", "/a", saying(""));

    const HttpResponse response = router.dispatch({"DELETE", "/a", ""});

    EXPECT_EQ(response.status, 405U);
    EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD, POST")));
}

TEST(Router, AnOpenSegmentIsHandedOverDecoded) {
    Router router;
    router.add("GET", "/a/{x}/b/{y}", [](const HttpRequest& request) {
        HttpResponse response;
        response.body = request.parameters[0] + " " + request.parameters[1];
        return response;
    });

    EXPECT_EQ(router.dispatch({"GET", "/a/sip%3Ax%2Fy/b/2", ""}).body, "sip:x/y 2");
    EXPECT_EQ(router.dispatch({"GET", "/a//b/2", ""}).status, 404U);
    EXPECT_EQ(router.dispatch({"GET", "/a/%4/b/2", ""}).status, 404U);
    EXPECT_EQ(router.dispatch({"GET", "/a/1/b/2/", ""}).status, 404U);
    EXPECT_EQ(router.dispatch({"PUT", "/a/1/b/2", ""}).status, 405U);
}

TEST(Router, AnUnknownPathIsNotFoundAndAnUnknownMethodNotImplemented) {
    Router router;
    router.add("GET", "/a", saying(""));

    EXPECT_EQ(router.dispatch({"GET", "/a/", ""}).status, 404U);
    EXPECT_EQ(router.dispatch({"BREW", "/b", ""}).status, 501U);
}

TEST(HostCheck, AddressesAndLocalhostAreOursAndNamesOnlyIfConfigured) {
    const std::vector<std::string> names = {"reg.example.org"};
    for (const char* host :
         {"127.0.0.1",
          "192.0.2.1:8080",
          "[::1]",
          "[2001:db8::1]:80",
          "localhost",
          "LOCALHOST:1",
          "localhost:",
          "reg.example.org",
          "REG.example.org:443"}) {
        EXPECT_TRUE(is_our_host(host, names)) << host;
    }
    for (const char* host :
         {"",
          "x",
          "example.org",
          "a.reg.example.org",
          "localhost.evil.example",
          "localhost:x",
          "localhost@evil.example",
          "evil.example@localhost",
          "localhost/evil.example",
          "loc%61lhost",
          "::1",
          "[127.0.0.1]",
          "256.0.0.1",
          "127.0.0.1.evil.example",
          "[::1",
          "[::1]x",
          "[evil]",
          "localhost:123456"}) {
        EXPECT_FALSE(is_our_host(host, names)) << host;
    }
}

}  // namespace
}  // namespace reginfo::metrics
