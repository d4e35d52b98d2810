/// @file
/// Which values come out of file, environment and flags.

#include "app/config.hpp"

#include "app/config_keys.hpp"
#include "tests/app/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using test::load_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string toml_of(const Config& config) { return write_config({config, {}}); }

TEST(Config, WithoutAnySourceItListensOnLoopback) {
    const Config config = load_config({}, {}, {}).config;

    ASSERT_EQ(config.listen.size(), 2U);
    EXPECT_EQ(config.listen[0].to_string(), "udp:127.0.0.1:5060");
    EXPECT_EQ(config.listen[1].to_string(), "tcp:127.0.0.1:5060");
    EXPECT_EQ(config.http.listen->to_string(), "127.0.0.1:8080");
}

TEST(Config, ByDefaultLoopbackAndPrivateNetworksAreTrusted) {
    const Config config;
    const auto is_trusted = [&](const char* text) {
        const IpAddress address = IpAddress::parse(text).value();
        return std::ranges::any_of(config.settings.trusted_networks, [&](const Network& network) {
            return network.contains(address);
        });
    };
    for (const char* text :
         {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "::1", "fd00::1", "fe80::1"}) {
        EXPECT_TRUE(is_trusted(text)) << text;
    }
    for (const char* text : {"8.8.8.8", "172.32.0.1", "2001:db8::1", "100.64.0.1"}) {
        EXPECT_FALSE(is_trusted(text)) << text;
    }
}

TEST(Config, AFileChangesWhatItNamesAndNothingElse) {
    const Config config = load_text(
                              "[publish]\nmax_expires = 7200\n"
                              "[notify]\nmin_interval = 0.25\n"
                              "[sip]\nt1_ms = 250\nlisten = [\"udp:[::1]:5070\"]\n"
                              "[access]\nuntrusted = \"forbid\"\ntrusted_networks = [\"::1\"]\n"
                              "[log]\nlevel = \"debug\"\nformat = \"json\"\n"
    )
                              .config;

    EXPECT_EQ(config.settings.publish.max_expires, 7200s);
    EXPECT_EQ(config.settings.publish.default_expires, 3600s);
    EXPECT_EQ(config.settings.notify.min_interval, 250ms);
    EXPECT_EQ(config.settings.t1, 250ms);
    ASSERT_EQ(config.listen.size(), 1U);
    EXPECT_EQ(config.listen[0].to_string(), "udp:[::1]:5070");
    EXPECT_TRUE(config.settings.refuse_untrusted_with_403);
    EXPECT_EQ(config.settings.trusted_networks, std::vector{*Network::parse("::1")});
    EXPECT_EQ(config.log.level, LogLevel::debug);
    EXPECT_EQ(config.log.format, LogFormat::json);
}

TEST(Config, AnExpiryByDefaultGivesWayToTheBoundsThatAreSet) {
    const Settings settings =
        load_text("[publish]\nmax_expires = 60\n[subscribe]\nmin_expires = 7200\n").config.settings;

    EXPECT_EQ(settings.publish.default_expires, 60s);
    EXPECT_EQ(settings.subscribe.default_expires, 7200s);
}

TEST(Config, FlagsStandAboveTheEnvironmentAndThatAboveTheFile) {
    const std::string path = test::write_file(
        "[log]\nlevel = \"error\"\n[http]\nlisten = \"127.0.0.1:1\"\n[storage]\nstate_dir = \"a\"\n"
    );
    const Environment environment = {
        {"REGINFOD_HTTP_LISTEN", "127.0.0.1:2"}, {"REGINFOD_LOG_LEVEL", "warning"}
    };

    const auto [config, origins, read] = load_config(path, environment, {{"log.level", {"debug"}}});

    EXPECT_EQ(config.log.level, LogLevel::debug);
    EXPECT_EQ(config.http.listen->port, 2);
    EXPECT_EQ(config.storage.state_dir, "a");
    EXPECT_EQ(origins.at("log.level"), "--log-level");
    EXPECT_EQ(origins.at("http.listen"), "REGINFOD_HTTP_LISTEN");
    EXPECT_EQ(origins.at("storage.state_dir"), path + ":6");
}

TEST(Config, AListInTheEnvironmentIsSplitAtItsCommas) {
    const Config config =
        load_config(
            {},
            {{"REGINFOD_SIP_LISTEN",
              "udp:0.0.0.0:5060,advertise=sip.example.org:5060, tcp:127.0.0.1:5061"},
             {"REGINFOD_ACCESS_TRUSTED_NETWORKS", "192.0.2.0/24,2001:db8::/32"},
             {"REGINFOD_HTTP_HOSTS", ""}},
            {}
        )
            .config;

    ASSERT_EQ(config.listen.size(), 2U);
    EXPECT_EQ(config.listen[0].to_string(), "udp:0.0.0.0:5060,advertise=sip.example.org:5060");
    EXPECT_EQ(config.listen[1].to_string(), "tcp:127.0.0.1:5061");
    EXPECT_EQ(config.settings.trusted_networks.size(), 2U);
    EXPECT_TRUE(config.http.hosts.empty());
}

TEST(Config, ATableWithinATableIsASectionOfItsOwn) {
    const std::string path = test::write_file(
        "[storage]\nkind = \"redis\"\n[storage.redis]\nservers = [\"r1:6379\", "
        "\"unix:/run/r.sock\"]\n"
        "replicas = 2\n[cluster]\nnode = \"a\"\n"
    );

    const Config config =
        load_config(path, {{"REGINFOD_STORAGE_REDIS_PASSWORD", "secret"}}, {}).config;

    EXPECT_EQ(config.storage.kind, StorageKind::redis);
    EXPECT_THAT(config.redis.link.servers, ElementsAre("r1:6379", "unix:/run/r.sock"));
    EXPECT_EQ(config.redis.store.replicas, 2U);
    EXPECT_EQ(config.redis.store.password, "secret");
    EXPECT_EQ(config.redis.store.node, "a");
}

TEST(Config, ListenersOnTheCommandLineReplaceTheConfiguredOnes) {
    const std::string path = test::write_file("[sip]\nlisten = [\"udp:127.0.0.1:1\"]\n");

    const Config config =
        load_config(path, {}, {{"sip.listen", {"tcp:127.0.0.1:2", "udp:127.0.0.1:3"}}}).config;

    ASSERT_EQ(config.listen.size(), 2U);
    EXPECT_EQ(config.listen[0].bound.port, 2);
}

TEST(Config, TheServerAddressStandsInForAWildcardListener) {
    EXPECT_EQ(
        test::error_of(
            "[sip]\nlisten = [\"udp:0.0.0.0:5060\"]\nserver_address = \"sip.example.org\"\n"
        ),
        ""
    );
}

TEST(Config, TheSidePortCanBeOff) {
    EXPECT_FALSE(load_config({}, {}, {{"http.listen", {"off"}}}).config.http.listen);
}

TEST(Config, VariablesOfKubernetesServicesAreNotOurs) {
    const Environment environment = {
        {"REGINFOD_PORT", "udp://10.0.0.1:5060"},
        {"REGINFOD_PORT_5060_UDP", "udp://10.0.0.1:5060"},
        {"REGINFOD_PORT_5060_UDP_ADDR", "10.0.0.1"},
        {"REGINFOD_SERVICE_HOST", "10.0.0.1"},
        {"REGINFOD_SERVICE_PORT_SIP", "5060"},
        {"REGINFOD_HTTP_SERVICE_PORT", "8080"},
    };

    EXPECT_EQ(toml_of(load_config({}, environment, {}).config), toml_of(Config()));
}

TEST(Config, NoKeyLooksLikeAVariableOfAKubernetesService) {
    for (const Key& key : all_keys()) {
        EXPECT_THAT(key.environment(), Not(HasSubstr("_PORT"))) << key.path();
        EXPECT_THAT(key.environment(), Not(HasSubstr("_SERVICE_"))) << key.path();
    }
}

TEST(ConfigTable, EveryPathAndVariableIsUniqueAndInAKnownSection) {
    std::set<std::string> sections;
    for (const Section& section : all_sections()) sections.emplace(section.name);
    std::set<std::string> variables;
    for (const Key& key : all_keys()) {
        EXPECT_TRUE(sections.contains(std::string(key.section))) << key.path();
        EXPECT_TRUE(variables.insert(key.environment()).second) << key.path();
    }
}

TEST(ConfigTable, TheEffectiveConfigurationReadsBackAsItself) {
    Environment environment;
    for (const Key& key : all_keys()) {  // no number at its default
        if (const auto* number = std::get_if<NumberField>(&key.field)) {
            const std::uint64_t value = number->read(Config()) + 1;
            environment[key.environment()] = std::to_string(std::min(value, number->max));
        } else if (const auto* time = std::get_if<TimeField>(&key.field)) {
            const auto value = (time->read(Config()) + 1ms).count();
            environment[key.environment()] = std::to_string(static_cast<double>(value) / 1000);
        }
    }
    environment["REGINFOD_STORAGE_REDIS_TLS"] = "true";
    environment["REGINFOD_STORAGE_REDIS_CA"] = "/etc/ca.pem";
    environment["REGINFOD_PUBLISH_MIN_EXPIRES"] = "2";  // above the offset
    environment["REGINFOD_HTTP_HOSTS"] = "a.example,b.example";
    environment["REGINFOD_STORAGE_STATE_DIR"] = "/var/\"quoted\"\\dir";
    const EffectiveConfig effective = load_config({}, environment, {});

    const Config again = load_text(write_config(effective)).config;

    EXPECT_EQ(toml_of(again), toml_of(effective.config));
    EXPECT_NE(toml_of(again), toml_of(Config()));
}

TEST(ConfigTable, TheEffectiveConfigurationShowsTheSourceOfEachValue) {
    EXPECT_THAT(
        write_config(load_config({}, {{"REGINFOD_SIP_T2_MS", "2000"}}, {})),
        HasSubstr("\nt2_ms = 2000  # REGINFOD_SIP_T2_MS\n")
    );
}

TEST(ConfigTable, TheEffectiveConfigurationBeginsWithTheFileThatWasRead) {
    EXPECT_THAT(
        write_config(load_config({}, {}, {})),
        StartsWith(
            "# The effective configuration. No file was read: --config names one. The service "
            "reads /etc/reginfod/reginfod.toml.\n"
        )
    );
    const std::string path = test::write_file("[log]\n");
    EXPECT_THAT(
        write_config(load_config(path, {}, {})),
        StartsWith("# The effective configuration. " + path + " was read.\n")
    );
}

TEST(ConfigTable, TheExampleFileIsWrittenFromTheTable) {
    const std::string path = std::string(REGINFO_SOURCE_DIR) + "/deploy/reginfod.example.toml";
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};

    const std::string expected = write_example_config();

    const std::string made = ::testing::TempDir() + "reginfod.example.toml";
    std::ofstream(made) << expected;
    EXPECT_EQ(text, expected) << "to bring it up to date: cp " << made << " " << path;
}

TEST(ConfigTable, TheExampleFileHasEveryKeyWithItsDefaultCommentedOut) {
    const std::string example = write_example_config();
    const std::string uncommented =
        std::regex_replace(example, std::regex("\n#([a-z0-9_]+ = )"), "\n$1");

    EXPECT_EQ(toml_of(load_text(example).config), toml_of(Config()));
    const EffectiveConfig all = load_text(uncommented);
    EXPECT_EQ(toml_of(all.config), toml_of(Config()));
    EXPECT_EQ(all.origins.size(), all_keys().size());
}

}  // namespace
}  // namespace reginfo
