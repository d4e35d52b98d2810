/// @file
/// RFC 5628: GRUUs in registration documents.

#include "tests/support/addresses.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

class Gruu : public WireTest {
protected:
    /// The document that a watcher gets of a contact with these children.
    std::string told_of(const std::string& children) {
        Publisher publisher;
        EXPECT_EQ(publisher.publish(world, {{.uri = kA, .children = children}}).status(), 200);
        Watcher watcher("w" + next_branch());
        world.take();
        watcher.subscribe(world);
        const std::vector<Sent> told = world.take_notifies();
        EXPECT_EQ(told.size(), 1U);
        return told.empty() ? "" : std::string(told[0].body());
    }
};

using Rfc5628Section5 = Gruu;

TEST_F(Rfc5628Section5, APublicAndATemporaryGruuReachTheWatcher) {
    const std::string body = told_of(
        "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
        "uri=\"sip:alice@example.org;gr=urn:uuid:f81d4fae\"/>"
        "<gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
        "uri=\"sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr\" "
        "first-cseq=\"54301\"/>"
    );
    EXPECT_NE(body.find("urn:ietf:params:xml:ns:gruuinfo"), std::string::npos);
    EXPECT_NE(body.find("uri=\"sip:alice@example.org;gr=urn:uuid:f81d4fae\""), std::string::npos);
    EXPECT_NE(body.find("first-cseq=\"54301\""), std::string::npos);
    EXPECT_TRUE(read_told(body)) << "well-formed";
}

TEST_F(Rfc5628Section5, ANewTemporaryGruuIsNews) {
    const auto temp = [](const std::string& user) {
        return "<gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" uri=\"sip:" + user +
               "@example.com;gr\" first-cseq=\"1\"/>";
    };
    Publisher publisher;
    publisher.publish(world, {{.uri = kA, .children = temp("t1")}});
    Watcher watcher("w1");
    watcher.subscribe(world);
    world.take();
    publisher.publish(world, {{.uri = kA, .children = temp("t2")}});
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].body().find("sip:t2@"), std::string_view::npos);
}

// The contact of an AOR with +sip.instance is the instance's, whatever its address.
TEST_F(Rfc5628Section5, AnInstanceKeepsItsContactIdWhenItsUriChanges) {
    const std::string instance =
        "<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:f81d4fae&gt;\"</unknown-param>"
        "<unknown-param name=\"reg-id\">1</unknown-param>";
    Publisher publisher;
    publisher.publish(world, {{.uri = kA, .children = instance}});
    Watcher watcher("w1");
    watcher.subscribe(world);
    const auto before = read_told(world.take_notifies().at(0).body()).value();
    publisher.publish(world, {{.uri = "sip:a@192.0.2.99", .cseq = 2, .children = instance}});
    const auto after = read_told(world.take_notifies().at(0).body()).value();
    ASSERT_EQ(after.contacts.size(), 1U);
    EXPECT_EQ(after.contacts.begin()->second.id, before.contacts.begin()->second.id);
    EXPECT_EQ(after.contacts.begin()->first, "sip:a@192.0.2.99");
}

}  // namespace
}  // namespace reginfo::test
