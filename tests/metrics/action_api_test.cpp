/// @file
/// Actions of operators: authorization, and the NOTIFYs that follow.

#include "metrics/action_api.hpp"

#include "tests/metrics/api_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace reginfo::metrics {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ActionApi : public ApiTest {
protected:
    void SetUp() override {
        publish("sip:alice@example.org", {{"sip:a@192.0.2.9"}});
        watcher.subscribe(world);
        world.take();
    }

    std::string contact_id() { return get(kAlice)["contacts"][0]["id"]; }
    std::string subscription_id() { return get(kAlice)["watched_by"][0]["id"]; }

    test::Watcher watcher{"w"};
};

TEST_F(ActionApi, WithoutTheTokenNothingIsDone) {
    EXPECT_EQ(ask("POST", kAlice + "/notify", false).status, 401U);
    EXPECT_EQ(ask("GET", "/api/v1/dump", false).status, 401U);
    HttpRequest request{"POST", kAlice + "/notify", ""};
    for (const char* given :
         {"Bearer", "Bearer ", "Basic a-token-of-the-tests", "Bearer a-token"}) {
        request.authorization = given;
        EXPECT_EQ(router.dispatch(request).status, 401U) << given;
    }
    request.authorization = "bearer " + kToken;
    EXPECT_EQ(router.dispatch(request).status, 202U);
    EXPECT_EQ(world.stats().operator_actions, 1U);
}

TEST_F(ActionApi, AWrongTokenIsLoggedWithItsPeer) {
    ask("POST", kAlice + "/notify", false);
    EXPECT_THAT(warned, SizeIs(0)) << "who has none tries nothing";
    HttpRequest request{"GET", "/api/v1/dump", ""};
    request.peer = "192.0.2.77:4711";
    request.authorization = "Bearer guessed";

    router.dispatch(request);

    EXPECT_THAT(warned, ElementsAre("GET /api/v1/dump from 192.0.2.77:4711"));
}

TEST_F(ActionApi, WhileTheServerStopsAnActionIsRefused) {
    is_stopping = true;

    const HttpResponse response = ask("POST", kAlice + "/notify");

    EXPECT_EQ(response.status, 503U);
    EXPECT_THAT(response.body, HasSubstr("nothing was done"));
}

TEST_F(ActionApi, WhatHasNoParametersTakesNone) {
    EXPECT_EQ(ask("POST", kAlice + "/notify?x=1").status, 400U);
    EXPECT_EQ(ask("DELETE", kAlice + "/trace?x=1").status, 400U);
    EXPECT_EQ(ask("DELETE", kAlice + "/publications/0123456789abcdef?x").status, 400U);
    EXPECT_EQ(ask("POST", "/api/v1/drain?x=1").status, 400U);
    EXPECT_EQ(ask("GET", "/api/v1/dump?x=1").status, 400U);
    EXPECT_EQ(drains, 0);
    EXPECT_EQ(world.stats().operator_actions, 0U);
}

TEST_F(ActionApi, WithoutAConfiguredTokenActionsAreOff) {
    Router off;
    add_action_routes(off, access(), [] { return std::string(); });
    HttpRequest request{"POST", kAlice + "/notify", ""};
    request.authorization = "Bearer ";

    EXPECT_EQ(off.dispatch(request).status, 403U);
}

TEST_F(ActionApi, EveryWatcherIsNotifiedAgainOfTheSameState) {
    EXPECT_EQ(ask("POST", kAlice + "/notify").status, 202U);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_THAT(std::string(notifies[0].body()), HasSubstr("sip:a@192.0.2.9"));
    EXPECT_THAT(
        world.notes,
        Contains(AllOf(Field(&Note::what, "operator action"), Field(&Note::limited, false)))
    ) << "each is logged, however many there are";
}

TEST_F(ActionApi, ASubscriptionEndsWithTheReasonGiven) {
    const std::string path = "/api/v1/subscriptions/" + subscription_id();

    EXPECT_EQ(ask("DELETE", path + "?reason=probation&retry_after=60").status, 202U);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_EQ(
        notifies[0].header("Subscription-State"), "terminated;reason=probation;retry-after=60"
    );
    EXPECT_EQ(ask("DELETE", path).status, 404U);
}

TEST_F(ActionApi, ADroppedPublicationTakesItsContactsAndItsTagWithIt) {
    EXPECT_EQ(ask("DELETE", kAlice + "/publications/" + publishers[0].etag).status, 202U);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_THAT(std::string(notifies[0].body()), HasSubstr("event=\"unregistered\""));
    EXPECT_EQ(publishers[0].refresh(world).status(), 412);
}

TEST_F(ActionApi, AnEndedContactComesBackWhenItIsPublishedWithNews) {
    EXPECT_EQ(ask("DELETE", kAlice + "/contacts/" + contact_id()).status, 202U);
    auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_THAT(
        std::string(notifies[0].body()), HasSubstr("state=\"terminated\" event=\"deactivated\"")
    );

    publishers[0].refresh(world);
    EXPECT_THAT(world.take_notifies(), SizeIs(0)) << "a refresh without body says nothing new";
    test::ContactText again{"sip:a@192.0.2.9"};
    again.cseq = 2;
    publishers[0].publish(world, {again});

    notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_THAT(std::string(notifies[0].body()), HasSubstr("state=\"active\""));
}

TEST_F(ActionApi, WhatIsNotThereIsNotFoundAndWhatIsWrongIsRefused) {
    EXPECT_EQ(ask("POST", "/api/v1/registrations/sip:bob@example.org/notify").status, 404U);
    EXPECT_EQ(ask("DELETE", kAlice + "/publications/0123456789abcdef").status, 404U);
    EXPECT_EQ(ask("DELETE", kAlice + "/contacts/c1").status, 404U);
    EXPECT_EQ(ask("DELETE", "/api/v1/subscriptions/" + std::string(32, 'a')).status, 404U);
    const std::string path = "/api/v1/subscriptions/" + subscription_id();
    for (const char* query : {"?reason=timeout", "?retry_after=-1", "?retry_after=86401", "?x=1"}) {
        EXPECT_EQ(ask("DELETE", path + query).status, 400U) << query;
    }
    EXPECT_EQ(world.stats().operator_actions, 0U);
}

TEST_F(ActionApi, AnAorWhoseChangeIsBeingStoredIsBusy) {
    const std::string id = contact_id();
    world.store_answers_late = true;
    world.receive(publishers[0].flow, publishers[0].request(3600).text());
    ASSERT_GT(world.commits_waiting(), 0U);

    EXPECT_EQ(ask("DELETE", kAlice + "/contacts/" + id).status, 409U);

    world.commit();
    EXPECT_EQ(ask("DELETE", kAlice + "/contacts/" + id).status, 202U);
}

TEST_F(ActionApi, TheDumpHasALineForEachRecordAndIsLogged) {
    const HttpResponse dump = ask("GET", "/api/v1/dump");

    EXPECT_EQ(dump.content_type, "application/jsonl");
    EXPECT_THAT(
        dump.body, HasSubstr("{\"kind\":\"registration\",\"aor\":\"sip:alice@example.org\"")
    );
    EXPECT_THAT(dump.body, HasSubstr("{\"kind\":\"subscription\""));
    EXPECT_THAT(logged, ElementsAre("GET /api/v1/dump from 192.0.2.77:4711: 200"));
}

TEST_F(ActionApi, ATraceIsBegunProlongedAndEnded) {
    EXPECT_EQ(ask("POST", kAlice + "/trace", false).status, 401U);
    for (const char* query : {"?seconds=0", "?seconds=3601", "?seconds=x", "?x=1", "?seconds=%"}) {
        EXPECT_EQ(ask("POST", kAlice + "/trace" + query).status, 400U) << query;
    }
    EXPECT_EQ(ask("DELETE", kAlice + "/trace").status, 404U);
    EXPECT_EQ(ask("POST", "/api/v1/registrations/nonsense/trace").status, 404U);

    EXPECT_EQ(ask("POST", kAlice + "/trace?seconds=60").status, 202U);
    EXPECT_EQ(world.stats().traces, 1U);
    EXPECT_EQ(ask("DELETE", kAlice + "/trace").status, 202U);
    EXPECT_EQ(world.stats().traces, 0U);

    for (int i = 0; i < 16; ++i) {
        const std::string aor = "/api/v1/registrations/sip:u" + std::to_string(i) + "@example.org";
        EXPECT_EQ(ask("POST", aor + "/trace").status, 202U);
    }
    EXPECT_EQ(ask("POST", kAlice + "/trace").status, 409U);
}

TEST_F(ActionApi, DrainNeedsTheToken) {
    EXPECT_EQ(ask("POST", "/api/v1/drain", false).status, 401U);
    EXPECT_EQ(drains, 0);
    EXPECT_EQ(ask("POST", "/api/v1/drain").status, 202U);
    EXPECT_EQ(drains, 1);
    EXPECT_THAT(logged, ElementsAre("POST /api/v1/drain from 192.0.2.77:4711: 202"));
}

TEST_F(ActionApi, ANewTokenIsAskedForAtOnce) {
    std::string token = kToken;
    Router changing;
    add_action_routes(changing, access(), [&token] { return token; });
    HttpRequest request{"POST", kAlice + "/notify", ""};
    request.authorization = "Bearer " + kToken;
    EXPECT_EQ(changing.dispatch(request).status, 202U);

    token = "another-token-of-tests";

    EXPECT_EQ(changing.dispatch(request).status, 401U);
}

}  // namespace
}  // namespace reginfo::metrics
