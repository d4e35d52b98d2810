/// @file
/// /api/v1 over a real engine: lists, single records, and the guarantees of a cursor.

#include "metrics/resources.hpp"
#include "tests/metrics/api_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace reginfo::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kReginfo = "application/reginfo+xml";

class StateApi : public ApiTest {
protected:
    HttpResponse ask_for(
        const std::string& accept,
        const std::string& path,
        const std::string& known = ""
    ) {
        HttpRequest request;
        request.method = "GET";
        request.path = path;
        request.accept = accept;
        request.if_none_match = known;
        return drawn(router.dispatch(request));
    }
};

std::string user(int number) { return "sip:user" + std::to_string(number) + "@example.org"; }

TEST_F(StateApi, ARegistrationHasTheMergedStateAndEachPublication) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    publish("sip:alice@example.org", {{"sip:b@192.0.2.9", "c2"}});
    test::Watcher watcher("w");
    watcher.subscribe(world);

    const auto json = get(kAlice);

    EXPECT_EQ(json["state"], "active");
    EXPECT_THAT(json["contacts"], SizeIs(2));
    ASSERT_THAT(json["published"], SizeIs(2));
    EXPECT_EQ(json["published"][1]["contacts"][0]["uri"], "sip:b@192.0.2.9");
    EXPECT_EQ(json["published"][1]["entity_tag"], publishers[1].etag);
    ASSERT_THAT(json["watched_by"], SizeIs(1));
    EXPECT_EQ(json["watched_by"][0]["last_notify_status"], 200);
    EXPECT_EQ(json["watched_by"][0]["profile"], "standard");
}

TEST_F(StateApi, AnEscapedTextIsUnescaped) {
    test::ContactText contact{"sip:a@192.0.2.9;x=1&amp;2"};
    contact.attributes = " user_agent=\"A &lt;B&gt; &amp; C\"";
    publish("sip:alice@example.org", {contact});

    const auto json = get(kAlice);

    EXPECT_EQ(json["contacts"][0]["uri"], "sip:a@192.0.2.9;x=1&2");
    EXPECT_EQ(json["contacts"][0]["attributes"]["user_agent"], "A <B> & C");
}

TEST_F(StateApi, AnyUriThatNamesTheAorFindsIt) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});

    EXPECT_EQ(ask("GET", "/api/v1/registrations/sips:%61lice@EXAMPLE.org").status, 200U);
    EXPECT_EQ(ask("GET", "/api/v1/registrations/sip:bob@example.org").status, 404U);
    EXPECT_EQ(ask("GET", "/api/v1/registrations/nonsense").status, 404U);
}

std::string header(const HttpResponse& response, const std::string& wanted) {
    for (const auto& [name, value] : response.headers) {
        if (name == wanted) return value;
    }
    return {};
}

TEST_F(StateApi, AsReginfoItIsTheDocumentOfANewWatcher) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    publish("sip:alice@example.org", {{"sip:b@192.0.2.9;x=1&amp;2", "c2"}});
    test::Watcher waits("waits");
    waits.subscribe(world);
    world.answers = [](const test::Sent&) { return std::nullopt; };
    publishers[0].publish(world, {});  // an end that one watcher has not yet answered
    world.take();
    world.answers = [](const test::Sent&) { return 200; };

    const HttpResponse response = ask_for(kReginfo, kAlice);
    test::Watcher newcomer("new");
    newcomer.subscribe(world);
    const auto notifies = world.take_notifies();

    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, kReginfo) << "no charset: the XML declaration says it";
    EXPECT_EQ(response.body, notifies[0].body());
    EXPECT_THAT(response.body, HasSubstr("version=\"0\" state=\"full\""));
    EXPECT_EQ(header(response, "ETag"), "W/\"" + notifies[0].header("SIP-ETag") + "\"");
}

TEST_F(StateApi, TheReginfoNamesTheAorAsItWasAskedFor) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});

    const std::string path = "/api/v1/registrations/sip:%2561lice@EXAMPLE.org;x=y";

    EXPECT_THAT(ask_for(kReginfo, path).body, HasSubstr("aor=\"sip:%61lice@EXAMPLE.org\""));
}

TEST_F(StateApi, AnAorThatIsOnlyWatchedIsInitAlsoAsReginfo) {
    test::Watcher watcher("w");
    watcher.subscribe(world);

    EXPECT_THAT(ask_for(kReginfo, kAlice).body, HasSubstr("state=\"init\""));
    EXPECT_EQ(ask_for(kReginfo, "/api/v1/registrations/sip:bob@example.org").status, 404U);
    EXPECT_EQ(ask_for(kReginfo, "/api/v1/registrations/nonsense").status, 404U);
}

TEST_F(StateApi, TheRegistrationIsNegotiatedByAccept) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});

    for (const char* accept : {"", "*/*", "text/html, application/reginfo+xml;q=0.8, */*"}) {
        const HttpResponse response = ask_for(accept, kAlice);
        EXPECT_EQ(response.content_type, "application/json") << accept;
        EXPECT_EQ(header(response, "Vary"), "Accept");
    }
    EXPECT_EQ(ask_for("application/reginfo+xml", kAlice).content_type, kReginfo);
    const HttpResponse neither = ask_for("text/html", kAlice);
    EXPECT_EQ(neither.status, 406U);
    EXPECT_EQ(neither.content_type, "application/problem+json");
    EXPECT_EQ(header(neither, "Vary"), "Accept");
}

TEST_F(StateApi, AClientThatHasTheRepresentationGetsA304) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    const std::string json = header(ask_for("", kAlice), "ETag");
    const std::string xml = header(ask_for(kReginfo, kAlice), "ETag");

    EXPECT_NE(json, xml);
    EXPECT_EQ(ask_for("", kAlice, json).status, 304U);
    EXPECT_EQ(ask_for("", kAlice, xml).status, 200U) << "that is another representation";
    const HttpResponse same = ask_for(kReginfo, kAlice, "\"x\", " + xml);
    EXPECT_EQ(same.status, 304U);
    EXPECT_THAT(same.body, IsEmpty());
    EXPECT_EQ(header(same, "ETag"), xml);

    world.pass(std::chrono::seconds{20});
    EXPECT_EQ(ask_for(kReginfo, kAlice, xml).status, 304U) << "time that goes on is no change";
    EXPECT_EQ(ask_for("", kAlice, json).status, 200U);

    publishers[0].publish(world, {{"sip:b@192.0.2.9", "c2"}});
    EXPECT_EQ(ask_for(kReginfo, kAlice, xml).status, 200U);
}

TEST_F(StateApi, ALongDocumentIsMadeInPieces) {
    std::vector<test::ContactText> contacts;
    for (int i = 0; i < 500; ++i) contacts.push_back({"sip:c" + std::to_string(i) + "@192.0.2.9"});
    publish("sip:alice@example.org", contacts);

    const HttpResponse response = ask_for(kReginfo, kAlice);

    EXPECT_GE(steps, 2U);
    EXPECT_TRUE(response.body.ends_with("</reginfo>"));
    test::Watcher newcomer("new");
    newcomer.subscribe(world);
    EXPECT_EQ(response.body, world.take_notifies().at(0).body());
}

TEST_F(StateApi, TheRootOfTheApiListsItsResources) {
    for (const char* path : {"/api/v1", "/api/v1/"}) {
        const auto json = get(path);
        EXPECT_EQ(json["description"], "/openapi.json");
        EXPECT_THAT(
            json["operations"].get<std::vector<std::string>>(),
            testing::IsSupersetOf({"GET /api/v1/registrations/{aor}", "POST /api/v1/drain"})
        );
    }
}

TEST_F(StateApi, PagesListEachEntryOnceWhileOthersComeAndGo) {
    for (int i = 0; i < 20; ++i) publish(user(i), {{"sip:a@192.0.2.9"}});
    std::multiset<std::string> seen;
    std::string cursor = "0";
    for (int page = 0; page < 20 && !cursor.empty(); ++page) {
        const auto json = get("/api/v1/registrations?limit=3&cursor=" + cursor);
        for (const auto& one : json["registrations"]) seen.insert(one["aor"].get<std::string>());
        cursor = json["next"].is_null() ? "" : json["next"].get<std::string>();
        if (page < 3) {
            publishers[static_cast<std::size_t>(page)].remove(world);
            publish(user(100 + page), {{"sip:a@192.0.2.9"}});
        }
    }

    for (int i = 3; i < 20; ++i) EXPECT_EQ(seen.count(user(i)), 1U) << i;
}

TEST_F(StateApi, AFilterThatFindsNothingLooksAtABoundedPieceAtATime) {
    for (int i = 0; i < 5'000; ++i) publish(user(i), {{"sip:a@192.0.2.9"}});

    const auto json = get("/api/v1/registrations?prefix=nobody");

    EXPECT_THAT(json["registrations"], IsEmpty());
    EXPECT_GE(steps, 3U);
}

TEST_F(StateApi, ManyEntriesAreMadeInManySteps) {
    for (int i = 0; i < 1'000; ++i) publish(user(i), {{"sip:a@192.0.2.9"}});

    const auto json = get("/api/v1/publications?limit=1000");

    EXPECT_THAT(json["publications"], SizeIs(1'000));
    EXPECT_GE(steps, 10U);
}

TEST_F(StateApi, ListsAreFilteredByDomainPrefixAndState) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    publish("sip:bob@example.net:5080", {{"sip:a@192.0.2.9"}});
    publish("sip:alan@example.net", {});

    const auto count = [&](const std::string& query) {
        return get("/api/v1/registrations?" + query)["registrations"].size();
    };

    EXPECT_EQ(count("domain=example.net"), 2U);
    EXPECT_EQ(count("domain=EXAMPLE.NET&prefix=b"), 1U);
    EXPECT_EQ(count("prefix=sip:al"), 2U);
    EXPECT_EQ(count("prefix=al&state=active"), 1U);
    EXPECT_EQ(count("aor=sip:bob@example.net:5080"), 1U);
}

TEST_F(StateApi, SubscriptionsAreFilteredByTheirOwnState) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    test::Watcher staying("stays");
    test::Watcher leaving("leaves");
    staying.subscribe(world);
    leaving.subscribe(world);
    world.take();
    const std::string id = get("/api/v1/subscriptions?limit=1")["subscriptions"][0]["id"];
    world.answers = [](const test::Sent&) { return std::nullopt; };
    world.act(EndSubscription{id, TerminationReason::deactivated, Seconds{0}});

    for (const std::string aor : {"", "&aor=sip:alice@example.org"}) {
        const auto active = get("/api/v1/subscriptions?state=active" + aor)["subscriptions"];
        ASSERT_EQ(active.size(), 1U) << aor;
        EXPECT_NE(active[0]["id"], id);
        const auto ending = get("/api/v1/subscriptions?state=terminated" + aor)["subscriptions"];
        ASSERT_EQ(ending.size(), 1U) << aor;
        EXPECT_EQ(ending[0]["id"], id);
    }
}

TEST_F(StateApi, AnUnknownOrWrongParameterIsRefused) {
    for (const char* query :
         {"limit=0",
          "limit=1001",
          "limit=x",
          "cursor=-1",
          "state=gone",
          "state=init",
          "aor=x",
          "prefix=%zz",
          "x"}) {
        EXPECT_EQ(ask("GET", std::string("/api/v1/subscriptions?") + query).status, 400U) << query;
    }
    EXPECT_EQ(ask("GET", "/api/v1/registrations?cursor=999999999").status, 200U);
}

TEST_F(StateApi, ASubscriptionIsFoundByItsIdAndByItsAor) {
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
    test::Watcher watcher("w");
    watcher.event = "reg;id=7";
    watcher.subscribe(world);

    const auto listed = get("/api/v1/subscriptions?aor=sip:alice@example.org")["subscriptions"];
    ASSERT_THAT(listed, SizeIs(1));
    const std::string id = listed[0]["id"];

    EXPECT_EQ(get("/api/v1/subscriptions/" + id)["event_id"], "7");
    for (const std::string& other : {id + "x", id.substr(0, 32), std::string("7"), id.substr(1)}) {
        EXPECT_EQ(ask("GET", "/api/v1/subscriptions/" + other).status, 404U) << other;
    }
}

TEST_F(StateApi, ANotifyWithoutAnswerIsInFlight) {
    world.answers = [](const test::Sent&) { return std::nullopt; };
    test::Watcher watcher("w");
    watcher.subscribe(world);

    const auto listed = get("/api/v1/subscriptions")["subscriptions"];

    EXPECT_TRUE(listed[0]["notify_in_flight"]);
    EXPECT_TRUE(listed[0]["last_notify_status"].is_null());
}

TEST_F(StateApi, TheSummaryCountsFromPublishToAnswer) {
    test::Watcher watcher("w");
    watcher.subscribe(world);
    publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});

    const auto json = get("/api/v1/summary");

    EXPECT_EQ(json["now"]["subscriptions"], 1);
    EXPECT_EQ(json["now"]["subscriptions_by_profile"]["standard"], 1);
    EXPECT_EQ(json["publish_to_notify"]["count"], 1) << "the first NOTIFY tells no change";
    EXPECT_EQ(json["publish_to_answer"]["count"], 1);
}

TEST_F(StateApi, WhatIsShownOfOneAorIsBounded) {
    constexpr int many = 500;
    std::vector<test::ContactText> contacts;
    for (int i = 0; i < many; ++i) contacts.push_back({"sip:c" + std::to_string(i) + "@192.0.2.9"});
    publish("sip:alice@example.org", contacts);
    publish("sip:alice@example.org", contacts);

    const auto json = get(kAlice);

    EXPECT_EQ(json["contacts_active"], many);
    EXPECT_THAT(json["contacts"], SizeIs(Inspection::kContactsShown));
    EXPECT_EQ(json["published"][0]["contacts_listed"], many);
    EXPECT_THAT(json["published"][0]["contacts"], SizeIs(Inspection::kContactsShown));
    EXPECT_THAT(json["published"][1]["contacts"], IsEmpty()) << "there was no room left";
}

TEST_F(StateApi, AStepOfTheDumpIsAsShortAsItsRecordsAreLong) {
    std::vector<test::ContactText> contacts;
    for (int i = 0; i < 40; ++i) contacts.push_back({"sip:c" + std::to_string(i) + "@192.0.2.9"});
    for (int i = 0; i < 10; ++i) publish(user(i), contacts);

    EXPECT_EQ(ask("GET", "/api/v1/dump").status, 200U);

    EXPECT_GE(steps, 10U) << "40 contacts, said and merged, are enough for one step";
}

TEST_F(StateApi, WhatIsServedIsWhatIsDescribed) {
    const auto paths = get("/openapi.json")["paths"];
    std::set<std::string> described;
    for (const auto& [path, operations] : paths.items()) {
        for (const auto& [method, operation] : operations.items()) {
            std::string name = method;
            std::transform(name.begin(), name.end(), name.begin(), [](char c) {
                return static_cast<char>(c - 'a' + 'A');
            });
            described.insert(name + " " + path);
        }
    }
    std::set<std::string> served;
    for (const std::string& operation : router.operations()) served.insert(operation);
    for (const Resource& file : all_resources()) {  // of the page
        const bool is_index = file.name == "index.html";
        served.erase("GET /" + (is_index ? std::string() : std::string(file.name)));
    }

    EXPECT_EQ(served, described);
}

TEST_F(StateApi, ThePageAndItsFilesHaveAStrictPolicyAndAnEntityTag) {
    for (const char* path : {"/", "/app.js", "/style.css", "/openapi.json"}) {
        HttpRequest request;
        request.method = "GET";
        request.path = path;
        const HttpResponse response = router.dispatch(request);
        EXPECT_EQ(response.status, 200U) << path;
        std::string tag;
        for (const auto& [name, value] : response.headers) {
            if (name == "ETag") tag = value;
            if (name == "Content-Security-Policy") {
                EXPECT_EQ(value.find("unsafe"), std::string::npos);
            }
        }
        EXPECT_EQ(tag.substr(0, 3), "W/\"") << "the bytes may be compressed";
        for (const std::string& known : {tag, tag.substr(2), "\"x\", " + tag, std::string("*")}) {
            request.if_none_match = known;
            EXPECT_EQ(router.dispatch(request).status, 304U) << path << " " << known;
        }
        request.if_none_match = "\"x\"";
        EXPECT_EQ(router.dispatch(request).status, 200U) << path;
    }
}

}  // namespace
}  // namespace reginfo::metrics
