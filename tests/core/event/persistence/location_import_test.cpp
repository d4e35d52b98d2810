/// @file
/// Imported bindings are active until their contact is published, and lose to every PUBLISH.

#include "core/event/persistence/location_import.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "tests/core/event/state/merge_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo {
namespace {

constexpr EntityTag kImportTag = 0xabc;

class Import : public MergeTest {
protected:
    void import(std::vector<ContactText> contacts) {
        const auto document = read_document(BodyText{.contacts = std::move(contacts)}.text(), {});
        ASSERT_TRUE(document);
        const std::string existing = state.revision > 0 ? encode(kAor, state, now) : "";
        const auto record = import_record(kAor, existing, {now, 0s}, kImportTag, *document);
        ASSERT_TRUE(record);
        state = decode_aor(kAor, *record, {now, 0s}).value();
    }
    bool is_active(const char* uri) const { return find(uri) && find(uri)->active; }
    std::string callid_of(const char* uri) const {
        return std::string(find(uri)->details->callid());
    }
};

TEST_F(Import, AnImportedContactIsActiveUntilItsTimeEnds) {
    import({{.uri = kX, .expires = 60}});
    EXPECT_TRUE(is_active(kX));
    pass(59s);
    EXPECT_TRUE(is_active(kX));

    pass(10s);

    EXPECT_FALSE(is_active(kX));
    EXPECT_TRUE(state.publications.empty());
}

TEST_F(Import, APublishedWordWinsWhateverTheCseqs) {
    import({{.uri = kX, .callid = "a", .cseq = 99}});

    publish({{.uri = kX, .callid = "a", .cseq = 5, .attributes = " q=\"1\""}});

    EXPECT_EQ(find(kX)->details->cseq, 5U);
}

TEST_F(Import, APublishedEndWinsWhateverTheCallid) {
    for (const char* callid : {"a", "b", ""}) {
        state = {};
        import({{.uri = kX, .callid = "a", .cseq = 99}});
        EntityTag tag = publish({{.uri = kX, .callid = callid, .cseq = 5}});

        modify(
            tag,
            {{.uri = kX, .callid = callid, .cseq = 5, .state = "terminated", .event = "unregistered"
            }}
        );

        EXPECT_FALSE(is_active(kX)) << callid;
    }
}

TEST_F(Import, AnEndStaysAnEndWhenItsPublicationGoes) {
    import({{.uri = kX, .callid = "a", .cseq = 99}});
    EntityTag tag = publish({{.uri = kX, .callid = "b", .cseq = 5}});
    modify(
        tag, {{.uri = kX, .callid = "b", .cseq = 5, .state = "terminated", .event = "unregistered"}}
    );

    remove(tag);

    EXPECT_FALSE(is_active(kX));
}

TEST_F(Import, ItsEndDoesNotEndWhatIsPublished) {
    import({{.uri = kX, .callid = "a", .cseq = 99, .expires = 60}, {.uri = kY, .expires = 600}});
    publish({{.uri = kX, .callid = "b", .cseq = 1, .expires = 3600}});

    pass(100s);

    EXPECT_TRUE(is_active(kX));
    EXPECT_EQ(callid_of(kX), "b");
}

TEST_F(Import, ContactsThatAPublisherDoesNotNameStay) {
    import({{.uri = kX}, {.uri = kY}});

    publish({{.uri = kX}});

    EXPECT_TRUE(is_active(kY));
}

TEST_F(Import, WhatIsPublishedAlreadyStands) {
    publish({{.uri = kX, .callid = "a", .cseq = 1}});

    import({{.uri = kX, .callid = "old", .cseq = 7}, {.uri = kY}});

    EXPECT_EQ(callid_of(kX), "a");
    EXPECT_TRUE(is_active(kY));
}

TEST_F(Import, AnImportTakesThePlaceOfTheOneBefore) {
    publish({{.uri = kX, .callid = "a", .cseq = 1}});
    import({{.uri = kX, .callid = "old", .cseq = 7}, {.uri = kY}});

    import({{.uri = kZ}, {.uri = kX, .callid = "old", .cseq = 7}});

    EXPECT_EQ(state.publications.size(), 2U);
    EXPECT_EQ(callid_of(kX), "a");
    EXPECT_FALSE(is_active(kY));
    EXPECT_TRUE(is_active(kZ));
}

TEST_F(Import, TheSameImportAgainChangesNothingForWatchers) {
    import({{.uri = kX, .callid = "a", .cseq = 7}, {.uri = kY}});
    const Revision revision = state.revision;

    import({{.uri = kX, .callid = "a", .cseq = 7}, {.uri = kY}});

    EXPECT_EQ(state.publications.size(), 1U);
    EXPECT_EQ(state.revision, revision);
}

TEST_F(Import, AnAorIsKeyedByItsCanonicalForm) {
    EXPECT_EQ(aor_key_of("sip:%61lice@Example.ORG;x=y"), aor_key_of("sip:alice@example.org"));
    EXPECT_FALSE(aor_key_of("no uri"));
}

}  // namespace
}  // namespace reginfo
