/// @file
/// An implicit registration set and a watcher of one of its identities.
#pragma once

#include "tests/support/addresses.hpp"
#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {

inline constexpr const char* kImsi = "sip:262011234567890@ims.example.org";
inline constexpr const char* kMsisdn = "sip:+491234@ims.example.org";
inline constexpr const char* kContact = "sip:ue@192.0.2.10";

using Identities = std::vector<std::string>;

/// Where in the document the registration begins; npos if it is not there.
inline std::size_t registration_in(const Sent& notify, const std::string& aor) {
    return notify.body().find("<registration aor=\"" + aor + "\"");
}

inline std::string version_of(const Sent& notify) {
    const std::size_t at = notify.body().find("version=\"", notify.body().find("<reginfo"));
    const std::string_view rest = notify.body().substr(at + 9);
    return std::string(rest.substr(0, rest.find('"')));
}

class ImsIdentity : public WithProfile {
protected:
    explicit ImsIdentity(Profile profile = Profile::ims) : WithProfile(profile) {
        publisher.aor = kImsi;
        watcher.aor = kTel;
    }

    /// Publishes a set with one contact for each identity that it lists.
    static Sent publish_set(
        World& world,
        Publisher& who,
        const Identities& others,
        const std::string& uri = kContact,
        int expires = 3600
    ) {
        BodyText body{.aor = who.aor, .contacts = {{.uri = uri, .expires = expires}}};
        for (const std::string& other : others) {
            body.more += member(other, member_contact(uri, std::to_string(expires)));
        }
        return who.publish_text(world, body.text(), expires);
    }
    Sent publish_set(const Identities& others) { return publish_set(world, publisher, others); }

    /// The only NOTIFY since the last call.
    Sent told() {
        const auto notifies = world.take_notifies();
        EXPECT_EQ(notifies.size(), 1U);
        return notifies.empty() ? Sent{} : notifies.front();
    }

    /// Watches kTel in the set of kImsi.
    void watch() {
        publish_set({kMsisdn, kTel});
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        world.take();
    }

    static Publisher publisher_of(const std::string& aor) {
        Publisher other;
        other.aor = aor;
        return other;
    }
};

}  // namespace reginfo::test
