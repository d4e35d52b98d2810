/// @file
/// The reported memory against the heap itself. A program of its own, because it replaces the
/// global operator new.

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::size_t held = 0;  ///< bytes of all that was allocated and not freed

}  // namespace

void* operator new(std::size_t size) {
    void* const memory = std::malloc(size);
    if (!memory) throw std::bad_alloc();
    held += malloc_usable_size(memory) + sizeof(std::size_t);
    return memory;
}

// The library's own of it, which std::stable_sort of GCC 14 calls, would not be counted.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return ::operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void operator delete(void* memory) noexcept {
    if (memory) held -= malloc_usable_size(memory) + sizeof(std::size_t);
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

// Under AddressSanitizer these would not come by the ones above.
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { operator delete(memory); }

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

std::size_t told(const MemoryUse& use) { return use.counted(); }

Settings durable_settings() {
    Settings settings = test_settings();
    settings.durable = true;
    return settings;
}

class Footprint : public ::testing::Test {
protected:
    static std::string aor(std::size_t number) {
        return "sip:a-user-with-a-name-" + std::to_string(number) + "@registrar.example.org";
    }

    void publish_and_watch(std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            Publisher publisher;
            publisher.aor = aor(i);
            ContactText contact{.uri = "sip:a-user@192.0.2.10:5060;transport=tcp"};
            contact.attributes = " user_agent=\"A phone with a long name/1.2.3\"";
            ASSERT_EQ(
                publisher.publish(world, {contact, {.uri = "sip:b@192.0.2.11"}}).status(), 200
            );
            etags.push_back(publisher.etag);
            Watcher watcher("w" + std::to_string(i));
            watcher.aor = aor(i);
            ASSERT_EQ(watcher.subscribe(world).status(), 200);
            watchers.push_back(watcher);
            world.take();
            world.notes.clear();
        }
        world.pass(40s);  // transactions are forgotten
        world.take();
    }

    MemoryUse use() { return world.engine().inspection().memory(); }

    World world;
    std::vector<std::string> etags;
    std::vector<Watcher> watchers;
};

TEST_F(Footprint, TheReportedMemoryGrowsAsTheHeapDoes) {
    constexpr std::size_t few = 300;
    constexpr std::size_t many = 2'300;
    etags.reserve(many);
    watchers.reserve(many);
    publish_and_watch(0, few);
    etags.clear();
    watchers.clear();
    const std::size_t held_before = held;
    const std::size_t told_before = told(use());
    publish_and_watch(few, many);
    etags.clear();
    watchers.clear();

    const auto heap = static_cast<double>(held - held_before);
    const auto claim = static_cast<double>(told(use()) - told_before);

    EXPECT_GT(claim / heap, 0.75) << heap << " bytes for " << many - few << " of each";
    EXPECT_LT(claim / heap, 1.10) << heap << " bytes for " << many - few << " of each";
}

/// And what finds them by the identities that they list.
TEST(FootprintOfSets, IsReportedAsTheHeapHasIt) {
    Settings settings = test_settings();
    settings.profile_rules = {{.profile = Profile::ims}};
    World world(settings);
    const std::string contact =
        "<contact id=\"x\" state=\"active\" event=\"created\" callid=\"c1\" cseq=\"1\" "
        "expires=\"3600\"><uri>sip:a-user@192.0.2.10:5060</uri></contact>";
    const auto publish_and_watch = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            const std::string number = std::to_string(100'000 + i);
            const std::string tel = "tel:+4912345" + number;
            BodyText body{
                .aor = "sip:262011234" + number + "@ims.registrar.example.org",
                .contacts = {{.uri = "sip:a-user@192.0.2.10:5060"}}
            };
            for (const std::string& other :
                 {tel, "sip:+4912345" + number + "@ims.registrar.example.org"}) {
                body.more.append("<registration aor=\"").append(other);
                body.more.append("\" id=\"m\" state=\"active\">").append(contact);
                body.more.append("</registration>");
            }
            Publisher publisher;
            publisher.aor = body.aor;
            ASSERT_EQ(publisher.publish_text(world, body.text()).status(), 200);
            Watcher watcher("w" + std::to_string(i));
            watcher.aor = tel;
            ASSERT_EQ(watcher.subscribe(world).status(), 200);
            world.take();
            world.notes.clear();
        }
        world.pass(40s);  // transactions are forgotten
        world.take();
    };
    const auto use = [&] { return told(world.engine().inspection().memory()); };
    publish_and_watch(0, 300);
    const std::size_t held_before = held;
    const std::size_t told_before = use();
    publish_and_watch(300, 1'800);
    const auto heap = static_cast<double>(held - held_before);
    const auto claim = static_cast<double>(use() - told_before);
    EXPECT_GT(claim / heap, 0.75) << heap << " bytes for 1500 of each";
    EXPECT_LT(claim / heap, 1.10) << heap << " bytes for 1500 of each";
}

TEST_F(Footprint, NoMemoryIsReportedAfterTheEnd) {
    world.answers = [](const Sent&) { return std::nullopt; };
    publish_and_watch(0, 5);
    EXPECT_GT(use().publications, 0U);
    world.answers = [](const Sent&) { return 200; };
    for (std::size_t i = 0; i < 5; ++i) {
        Publisher publisher;
        publisher.aor = aor(i);
        publisher.etag = etags[i];
        publisher.remove(world);
        watchers[i].subscribe(world, 0);
    }
    world.pass(2min);
    world.take();

    const MemoryUse now = use();
    EXPECT_EQ(world.stats().aors, 0U);
    EXPECT_EQ(now.publications, 0U);
    EXPECT_EQ(now.subscriptions, 0U);
    EXPECT_EQ(now.notifies, 0U);
    EXPECT_EQ(now.documents, 0U);
    EXPECT_EQ(now.waiting_requests, 0U);
}

TEST(WaitingBytes, AreReportedUntilTheWaitingRequestIsServed) {
    World world(durable_settings());
    world.store_answers_late = true;
    Publisher publisher;
    const std::string first = publisher.request(3600, BodyText{}.text()).text();
    const std::string second = publisher.request(3600, BodyText{}.text()).text();
    world.receive(publisher.flow, first);
    world.receive(publisher.flow, second);
    EXPECT_EQ(world.engine().inspection().memory().waiting_requests, second.size());

    world.commit();

    EXPECT_EQ(world.engine().inspection().memory().waiting_requests, 0U);
}

TEST(WaitingBytes, AreBounded) {
    Publisher publisher;
    const std::string request = publisher.request(3600, BodyText{}.text()).text();
    Settings settings = durable_settings();
    settings.limits.waiting_bytes = 2 * request.size();
    World world(settings);
    world.store_answers_late = true;
    world.receive(publisher.flow, request);
    for (int i = 0; i < 3; ++i) {
        world.receive(publisher.flow, publisher.request(3600, BodyText{}.text()).text());
    }

    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::waiting_requests)], 1U);
    EXPECT_TRUE(world.take().empty()) << "over UDP it comes again";
}

}  // namespace
}  // namespace reginfo::test
