/// @file
/// A resting state decodes to what it was; a text that many records have is stored once.

#include "core/event/persistence/resting_state.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/open_states.hpp"
#include "tests/core/event/state/merge_fixture.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace reginfo {
namespace {

class RestingStateTest : public MergeTest {
protected:
    /// All of a state, as bytes.
    static std::string whole(const AorState& any) { return encode(kAor, any, TimePoint{}); }

    /// Sets another state, so that the one set before is closed.
    void close_others() {
        RestingState& other = others.emplace_back(states);
        other.set("sip:other@example.org", AorState{});
    }

    OpenStates states{1, 7};
    RestingState resting{states};
    std::deque<RestingState> others;
};

TEST_F(RestingStateTest, OneThatWasNeverSetIsEmpty) {
    EXPECT_EQ(whole(*resting.read(kAor)), whole(AorState{}));
    EXPECT_EQ(resting.summary().state(), RegistrationState::init);
    EXPECT_EQ(states.bytes(), 0U);
}

TEST_F(RestingStateTest, AClosedOneIsWhatItWasOpen) {
    EntityTag tag = publish({
        {.uri = kX, .callid = "with-&quot;-in-it", .attributes = " user_agent=\"Phone/1.0\""},
        {.uri = kY, .callid = "", .cseq = {}, .children = "<display-name>Y</display-name>"},
        {.uri = kZ, .expires = {}, .attributes = " duration-registered=\"77\""},
    });
    modify(tag, {{.uri = kX, .event = "probation", .attributes = " retry-after=\"9\""}});
    publish({{.uri = kX, .cseq = 3}});
    const std::string before = whole(state);
    resting.set(kAor, state);
    close_others();

    EXPECT_EQ(whole(*resting.read(kAor)), before);
    EXPECT_EQ(whole(resting.read(kAor).copy()), before);
    EXPECT_EQ(resting.read(kAor)->contacts.size(), state.contacts.size());
}

TEST_F(RestingStateTest, TheSummaryIsThereWhetherOpenOrClosed) {
    publish({{.uri = kX}, {.uri = kY, .state = "terminated", .event = "expired"}});
    for (const bool closed : {false, true}) {
        resting.set(kAor, state);
        if (closed) close_others();
        EXPECT_EQ(resting.summary().revision, state.revision);
        EXPECT_EQ(resting.summary().publications, 1U);
        EXPECT_EQ(resting.summary().contacts_active, 1U);
        EXPECT_EQ(resting.summary().contacts_ended, state.contacts.size() - 1);
        EXPECT_EQ(resting.summary().state(), RegistrationState::active);
    }
}

TEST_F(RestingStateTest, ATextThatTwoContactsHaveIsStoredOnce) {
    const std::string agent(200, 'x');
    const std::string attributes = " user_agent=\"" + agent + "\"";
    publish({{.uri = kX, .attributes = attributes}, {.uri = kY, .attributes = attributes}});
    const auto closed = [&] {
        const std::size_t before = states.bytes();
        RestingState& another = others.emplace_back(states);
        another.set(kAor, state);
        close_others();
        return states.bytes() - before;
    };
    closed();  // from the second record on the text is shared

    EXPECT_LT(closed(), 2 * agent.size());
    EXPECT_EQ(whole(*others[0].read(kAor)), whole(state));
    EXPECT_EQ(whole(*others[2].read(kAor)), whole(state));
}

TEST_F(RestingStateTest, WhatIsForgottenIsNotCounted) {
    publish({{.uri = kX}});
    resting.set(kAor, state);
    close_others();
    states.forget(resting);
    states.forget(others.back());

    EXPECT_EQ(states.bytes(), 0U);
}

TEST(SharedTexts, ATextGetsANumberWhenASecondContactHasIt) {
    SharedTexts texts(1);

    EXPECT_FALSE(texts.number_of("Phone/1.0", 1));
    const auto number = texts.number_of("Phone/1.0", 2);

    ASSERT_TRUE(number);
    EXPECT_EQ(texts.number_of("Phone/1.0", 1), number);
    EXPECT_EQ(texts.at(*number), "Phone/1.0");
    EXPECT_EQ(texts.at(*number + 1), "");
}

TEST(SharedTexts, ATextOfOneContactTakesNoRoom) {
    SharedTexts texts(1);
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const std::string text = "Phone/" + std::to_string(i);
        for (int again = 0; again < 3; ++again) EXPECT_FALSE(texts.number_of(text, i));
    }

    EXPECT_EQ(texts.bytes(), 0U);
}

/// Two contacts have the text: so it gets a number.
void share(SharedTexts& texts, const std::string& text) {
    for (std::uint64_t holder = 1; holder < 3; ++holder) texts.number_of(text, holder);
}

TEST(SharedTexts, AnUnusedTextGivesItsPlaceToANewOne) {
    SharedTexts texts(1);
    for (int i = 0; i < 20'000; ++i) share(texts, "nonsense/" + std::to_string(i));
    texts.start_record();
    share(texts, "Phone/1.0");
    EXPECT_TRUE(texts.used().empty()) << "all places are used";
    EXPECT_FALSE(texts.number_of("Phone/1.0", 3));

    for (int number = 0; number < 100; ++number) texts.release(static_cast<std::uint16_t>(number));
    const auto number = texts.number_of("Phone/1.0", 3);
    ASSERT_TRUE(number);
    EXPECT_LT(*number, 100U);
    EXPECT_EQ(texts.at(*number), "Phone/1.0");
    EXPECT_EQ(texts.used().back(), *number);
    EXPECT_EQ(texts.number_of("Phone/1.0", 4), number);
    EXPECT_LT(texts.bytes(), SharedTexts::kMost * 160);
}

TEST(SharedTexts, WhatIsUsedAgainStays) {
    SharedTexts texts(1);
    for (int i = 0; i < 20'000; ++i) share(texts, "nonsense/" + std::to_string(i));
    texts.release(7);
    const std::string kept(texts.at(7));
    ASSERT_EQ(texts.number_of(kept, 9), 7U);

    share(texts, "Phone/1.0");
    EXPECT_FALSE(texts.number_of("Phone/1.0", 3));
    EXPECT_EQ(texts.at(7), kept);
}

TEST_F(RestingStateTest, AStateThatOpensOrIsForgottenGivesItsSharedTextsBack) {
    const auto with_agent = [&](const std::string& agent) {
        state = {};
        const std::string attributes = " user_agent=\"" + agent + "\"";
        publish({{.uri = kX, .attributes = attributes}, {.uri = kY, .attributes = attributes}});
        return state;
    };
    RestingState& other = others.emplace_back(states);
    for (std::size_t i = 0; i < SharedTexts::kMost + 500; ++i) {
        resting.set(kAor, with_agent("Phone/" + std::to_string(i)));
        other.set(kAor, state);  // closes it, and the next `set` opens it
        const std::string before = whole(state);
        resting.set(kAor, state);
        EXPECT_EQ(whole(*other.read(kAor)), before);
    }
    const std::size_t full = states.shared_bytes();
    const AorState late = with_agent("Late/1.0");
    for (int i = 0; i < 2; ++i) {
        other.set(kAor, late);
        resting.set(kAor, AorState{});
    }
    EXPECT_EQ(whole(*other.read(kAor)), whole(late));
    EXPECT_LE(states.shared_bytes(), full + 64) << "in the place of another one";
}

TEST(SharedTexts, IsBounded) {
    SharedTexts texts(1);
    for (int i = 0; i < 20'000; ++i) {
        for (std::uint64_t who = 1; who < 3; ++who) {
            texts.number_of("Phone/" + std::to_string(i), who);
        }
    }
    for (std::uint64_t who = 1; who < 4; ++who) {
        EXPECT_FALSE(texts.number_of(std::string(SharedTexts::kLongest + 1, 'x'), who));
        EXPECT_FALSE(texts.number_of("one more", who));
    }
    EXPECT_LT(texts.bytes(), SharedTexts::kMost * 128);
}

}  // namespace
}  // namespace reginfo
