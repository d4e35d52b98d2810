/// @file
/// The errors of configurations that cannot be used.

#include "app/config.hpp"
#include "tests/app/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using test::error_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Case {
    std::string toml;
    std::string error;
};

void expect_errors(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.toml);
        EXPECT_EQ(error_of(c.toml), c.error);
    }
}

TEST(ConfigError, AnUnknownNameIsReportedWithItsLineAndTheNearestName) {
    expect_errors({
        {"[log]\nlevel = \"info\"\n\n[publish]\nmax_expire = 60\n",
         "FILE:5: unknown key publish.max_expire; the nearest known one is publish.max_expires"},
        {"[publsh]\n", "FILE:1: unknown section [publsh]; the nearest known one is [publish]"},
        {"publish.mim_expires.y = 1\n",
         "FILE:1: unknown key publish.mim_expires; the nearest known one is publish.min_expires"},
        {"[sip]\nmax_expires = 1\n",
         "FILE:2: unknown key sip.max_expires; the nearest known one is publish.max_expires"},
        {"\nlevel = \"info\"\n",
         "FILE:2: unknown key level in front of the first section; the nearest known key is "
         "log.level"},
        {"log = 1\n", "FILE:1: log: allowed is a table: [log]"},
        {"[storage]\nredis = 1\n", "FILE:2: storage.redis: allowed is a table: [storage.redis]"},
        {"[storage.reddis]\n",
         "FILE:1: unknown section [storage.reddis]; the nearest known one is [storage.redis]"},
        {"[storage.redis]\nsentinals = []\n",
         "FILE:2: unknown key storage.redis.sentinals; the nearest known one is "
         "storage.redis.sentinels"},
        {"[http.listen]\n",
         "FILE:1: http.listen: found a table, allowed is \"HOST:PORT\" with an IP address (IPv6 in "
         "brackets) or \"localhost\" as HOST, or \"off\""},
        {"[[log]]\nlevel = \"info\"\n", "FILE:1: log: allowed is a table: [log]"},
    });
}

TEST(ConfigError, AWrongValueIsReportedWithItsLineAndTheAllowedValues) {
    expect_errors({
        {"[publish]\nmin_expires = \"abc\"\n",
         "FILE:2: publish.min_expires: found \"abc\", allowed is a whole number of seconds from 0 "
         "to 2147483647"},
        {"[publish]\nmin_expires = -1\n",
         "FILE:2: publish.min_expires: found -1, allowed is a whole number of seconds from 0 to "
         "2147483647"},
        {"[publish]\nmin_expires = 1.5\n",
         "FILE:2: publish.min_expires: found 1.5, allowed is a whole number of seconds from 0 to "
         "2147483647"},
        {"[notify]\nmin_interval = nan\n",
         "FILE:2: notify.min_interval: found nan, allowed is a number of seconds from 0 to 3600"},
        {"[notify]\nsupersede_after = 0\n",
         "FILE:2: notify.supersede_after: found 0, allowed is a number of seconds from 0.1 to "
         "3600"},
        {"[notify]\nburst = true\n",
         "FILE:2: notify.burst: found true, allowed is a whole number from 1 to 1000000"},
        {"[limits]\nheaders = [\"a\"]\n",
         "FILE:2: limits.headers: found an array, allowed is a whole number from 16 to 10000"},
        {"[limits]\nheaders = 2026-11-23\n",
         "FILE:2: limits.headers: found a date or time, allowed is a whole number from 16 to "
         "10000"},
        {"[log]\nlevel = \"loud\\u001b\"\n",
         "FILE:2: log.level: found \"loud\\u001b\", allowed is \"debug\", \"info\", \"warning\", "
         "\"error\" or \"off\""},
        {"[log.level]\n",
         "FILE:1: log.level: found a table, allowed is \"debug\", \"info\", \"warning\", \"error\" "
         "or \"off\""},
        {"[http]\nlisten = \"reg.example:80\"\n",
         "FILE:2: http.listen: found \"reg.example:80\", allowed is \"HOST:PORT\" with an IP "
         "address (IPv6 in brackets) or \"localhost\" as HOST, or \"off\""},
        {"[http]\nhosts = [\"a\", 1]\n",
         "FILE:2: http.hosts: found an array of other things than strings, allowed is an array of "
         "host names without port"},
        {"[access]\ntrusted_networks = [\"10.0.0.0/33\"]\n",
         "FILE:2: access.trusted_networks: \"10.0.0.0/33\" is no network; allowed is an address, "
         "or "
         "a network such as \"10.0.0.0/8\" or \"fd00::/8\""},
        {"[access]\ntrusted_networks = \"10.0.0.0/8\"\n",
         "FILE:2: access.trusted_networks: found \"10.0.0.0/8\", allowed is an array of addresses "
         "and networks such as \"10.0.0.0/8\" or \"fd00::/8\""},
        {"[sip]\nserver_name = \"a\\r\\nInjected: b\"\n",
         "FILE:2: sip.server_name: found \"a\\u000d\\u000aInjected: b\", allowed is a text of at "
         "most 255 printable ASCII characters"},
    });
}

TEST(ConfigError, ANetworkWithBitsBeyondItsPrefixIsReportedWithTheRightForm) {
    const std::string allowed =
        "; allowed is an address, or a network such as \"10.0.0.0/8\" or \"fd00::/8\"";
    expect_errors({
        {"[access]\ntrusted_networks = [\"192.0.2.1\", \"10.0.0.1/8\"]\n",
         "FILE:2: access.trusted_networks: \"10.0.0.1/8\" has bits beyond /8: write "
         "\"10.0.0.0/8\", or \"10.0.0.1\" for that address alone" +
             allowed},
        {"[access]\ntrusted_networks = [\"fd00::1/64\"]\n",
         "FILE:2: access.trusted_networks: \"fd00::1/64\" has bits beyond /64: write "
         "\"fd00::/64\", or \"fd00::1\" for that address alone" +
             allowed},
    });
    EXPECT_THAT(
        error_of("[watchers]\nprofiles = [\"ims network=10.0.0.1/8\"]\n"),
        HasSubstr("has \"10.0.0.1/8\", which has bits beyond /8: write \"10.0.0.0/8\"")
    );
    EXPECT_THAT(
        error_of({}, {{"REGINFOD_ACCESS_TRUSTED_NETWORKS", "0.0.0.0/0,::1/0"}}),
        HasSubstr("has bits beyond /0: write \"::/0\"")
    );
}

TEST(ConfigError, AConfigurationThatServesNoPeerIsReportedWithARemedy) {
    const std::string error =
        "access.trusted_networks: it is empty, so nobody would be served; allowed is at least one "
        "address or network (everybody: \"0.0.0.0/0\" and \"::/0\")";

    EXPECT_EQ(error_of("[access]\ntrusted_networks = []\n"), "FILE:2: " + error);
    EXPECT_EQ(
        error_of({}, {{"REGINFOD_ACCESS_TRUSTED_NETWORKS", ""}}),
        "REGINFOD_ACCESS_TRUSTED_NETWORKS: " + error
    );
    EXPECT_EQ(error_of("[access]\ntrusted_networks = [\"0.0.0.0/0\", \"::/0\"]\n"), "");
}

TEST(ConfigError, AWrongFlagIsReportedWithTheAllowedValues) {
    EXPECT_EQ(
        error_of({}, {}, {{"sip.listen", {"foo"}}}),
        "--listen: \"foo\" does not begin with \"udp:\" or \"tcp:\"; allowed is \"udp:HOST:PORT\" "
        "or "
        "\"tcp:HOST:PORT\", with or without \",advertise=NAME:PORT\""
    );
}

TEST(ConfigError, AWrongListenerIsReportedWithItsError) {
    const std::string allowed =
        "; allowed is \"udp:HOST:PORT\" or \"tcp:HOST:PORT\", with or without "
        "\",advertise=NAME:PORT\"";
    expect_errors({
        {"[sip]\nlisten = [\"udp:127.0.0.1:5060\", \"udp:reg.example:5060\"]\n",
         "FILE:2: sip.listen: \"udp:reg.example:5060\" has no IP address (IPv6 in brackets) or "
         "\"localhost\" as host; names are not looked up" +
             allowed},
        {"[sip]\nlisten = []\n", "FILE:2: sip.listen: allowed is at least one address"},
        {"[sip]\nlisten = [\"tcp:[::]:5060\"]\n",
         "FILE:2: sip.listen: \"tcp:[::]:5060\" is a wildcard address and needs an advertised one: "
         "append \",advertise=NAME:PORT\" or set sip.server_address"},
    });
}

TEST(ConfigError, ValuesThatContradictEachOtherAreReported) {
    expect_errors({
        {"[publish]\nmax_expires = 60\nmin_expires = 7200\n",
         "FILE:3: publish.min_expires is 7200, which is above publish.max_expires, 60"},
        {"[publish]\nmin_expires = 7200\ndefault_expires = 3600\n",
         "FILE:2: publish.min_expires is 7200, which is above publish.default_expires, 3600"},
        {"[subscribe]\ndefault_expires = 600\nmax_expires = 60\n",
         "FILE:2: subscribe.default_expires is 600, which is above subscribe.max_expires, 60"},
        {"[notify]\nwindow_initial = 200\nwindow_max = 100\n",
         "FILE:2: notify.window_initial is 200, which is above notify.window_max, 100"},
        {"[publish]\nexpires_offset = 3600\n",
         "FILE:2: publish.expires_offset is 3600, which leaves nothing of publish.default_expires, "
         "3600: publishers would refresh each second"},
        {"[publish]\nmin_expires = 60\nexpires_offset = 60\n",
         "FILE:3: publish.expires_offset is 60, which leaves nothing of publish.min_expires, 60: "
         "publishers would refresh each second"},
        {"[limits]\nbody_bytes = 2048\ndocument_bytes = 4096\n",
         "FILE:3: limits.document_bytes is 4096, which is above limits.body_bytes, 2048"},
        {"[tcp]\nqueue_bytes = 200000\nqueue_bytes_total = 100000\n",
         "FILE:2: tcp.queue_bytes is 200000, which is above tcp.queue_bytes_total, 100000"},
        {"[storage]\nstate_dir = \"~/state\"\n",
         "FILE:2: storage.state_dir: \"~/state\" begins with ~, which is not taken for a home "
         "directory here; write the whole path"},
        {"[sip]\nt2_ms = 100\n", "FILE:2: sip.t1_ms is 500, which is above sip.t2_ms, 100"},
        {"[sip]\nlisten = [\"udp:127.0.0.1:5060\", \"udp:127.0.0.1:5060\"]\n",
         "FILE:2: sip.listen: \"udp:127.0.0.1:5060\" is there twice"},
        {"[http]\ntoken = \"a secret with blanks\"\n",
         "FILE:2: http.token: what was found is not shown, allowed is a text of 16 to 255 "
         "printable "
         "ASCII characters without blanks"},
        {"[hep]\npassword = 12345\n",
         "FILE:2: hep.password: what was found is not shown, allowed is a text of at most 255 "
         "printable ASCII characters that does not begin with ***"},
    });
}

TEST(ConfigError, AnUnknownStoreIsReported) {
    EXPECT_EQ(
        error_of("[storage]\nkind = \"mysql\"\n"),
        "FILE:2: storage.kind: found \"mysql\", allowed is \"sqlite\", \"redis\" or \"memory\""
    );
    EXPECT_EQ(
        error_of("[storage]\nsync = \"never\"\n"),
        "FILE:2: storage.sync: found \"never\", allowed is \"full\", \"normal\" or \"off\""
    );
}

TEST(ConfigError, ARedisThatCannotBeReachedOrANodeWithoutBreathIsReported) {
    expect_errors({
        {"[storage.redis]\nservers = [\"redis\"]\n",
         "FILE:2: storage.redis.servers: \"redis\" is no address of a Redis; allowed is "
         "\"HOST:PORT\" (IPv6 in brackets) or \"unix:/PATH\""},
        {"[storage.redis]\nservers = []\n",
         "FILE:2: storage.redis.servers: allowed is at least one address, or one of "
         "storage.redis.sentinels"},
        {"[storage.redis]\npassword = 12345\n",
         "FILE:2: storage.redis.password: what was found is not shown, allowed is a text of at "
         "most 255 printable ASCII characters that does not begin with ***"},
        {"[cluster]\nname = \"a b\"\n",
         "FILE:2: cluster.name: found \"a b\", allowed is a name of at most 64 letters, digits, "
         "\".\", \"_\" and \"-\""},
        {"[cluster]\nrelay = \"off\"\n",
         "FILE:2: cluster.relay: found \"off\", allowed is true or false"},
        {"[cluster]\nbeat = 1\n",
         "FILE:2: cluster.lease: allowed is at least four times cluster.beat"},
    });
}

TEST(ConfigError, TlsToRedisThatCouldNotWorkIsReported) {
    expect_errors({
        {"[storage.redis]\ntls = 1\n",
         "FILE:2: storage.redis.tls: found 1, allowed is true or false"},
        {"[storage.redis]\ntls = \"true\"\n",
         "FILE:2: storage.redis.tls: found \"true\", allowed is true or false"},
        {"[storage.redis]\nca = \"/etc/ca.pem\"\n",
         "FILE:2: storage.redis.ca is of no use while storage.redis.tls is false"},
        {"[storage.redis]\ntls = true\nca = \"~/ca.pem\"\n",
         "FILE:3: storage.redis.ca: \"~/ca.pem\" begins with ~; write the whole path"},
        {"[storage.redis]\ntls = true\ncertificate = \"/etc/own.pem\"\n",
         "FILE:3: storage.redis.certificate needs storage.redis.key with it"},
        {"[storage.redis]\ntls = true\nkey = \"/etc/own.key\"\n",
         "FILE:3: storage.redis.key needs storage.redis.certificate with it"},
        {"[storage.redis]\nservers = [\"unix:/run/redis.sock\"]\ntls = true\n",
         "FILE:2: storage.redis.servers: \"unix:/run/redis.sock\" is a Unix socket, which has no "
         "TLS; set \"HOST:PORT\", or storage.redis.tls = false"},
    });
    EXPECT_EQ(
        error_of({}, {{"REGINFOD_STORAGE_REDIS_TLS", "yes"}}),
        "REGINFOD_STORAGE_REDIS_TLS: found \"yes\", allowed is true or false"
    );
}

TEST(ConfigError, AVariableIsNamedAsItIsWritten) {
    EXPECT_EQ(
        error_of({}, {{"REGINFOD_PUBLISH_MIN_EXPIRES", "abc"}}),
        "REGINFOD_PUBLISH_MIN_EXPIRES: found \"abc\", allowed is a whole number of seconds from 0 "
        "to 2147483647"
    );
    EXPECT_EQ(
        error_of({}, {{"REGINFOD_PUBLISH_MIN_EXPIRE", "1"}}),
        "REGINFOD_PUBLISH_MIN_EXPIRE: unknown variable; the nearest known one is "
        "REGINFOD_PUBLISH_MIN_EXPIRES"
    );
    EXPECT_THAT(
        error_of({}, {{"REGINFOD_TCP_CONECTIONS", "1"}}),
        HasSubstr("the nearest known one is REGINFOD_TCP_CONNECTIONS")
    );
}

TEST(ConfigError, AFlagIsNamedAsItIsWritten) {
    EXPECT_EQ(
        error_of({}, {}, {{"log.level", {"loud"}}}),
        "--log-level: found \"loud\", allowed is \"debug\", \"info\", \"warning\", \"error\" or "
        "\"off\""
    );
}

TEST(ConfigError, AFileThatIsNotTomlIsReportedWithItsLine) {
    EXPECT_THAT(error_of("[log]\nlevel = \n"), StartsWith("FILE:2: "));
    EXPECT_THAT(error_of("[log]\nlevel = \"a\"\nlevel = \"b\"\n"), StartsWith("FILE:3: "));
    EXPECT_THAT(error_of("a = " + std::string(100'000, '[')), StartsWith("FILE:1: "));
    EXPECT_EQ(error_of(std::string(100'000, '[')), "FILE: is not TOML");
    EXPECT_THAT(error_of("\xef\xbb\x92"), StartsWith("FILE:1: "));
}

TEST(ConfigError, AFileThatCannotBeReadIsReported) {
    const auto error = [](const std::string& path) -> std::string {
        try {
            load_config(path, {}, {});
        } catch (const ConfigError& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_EQ(
        error("/nonexistent/reginfod.toml"),
        "/nonexistent/reginfod.toml: cannot be read: No such file or directory"
    );
    EXPECT_EQ(error("/tmp"), "/tmp: cannot be read: Is a directory");
    EXPECT_THAT(error_of("a = \"" + std::string(1'100'000, 'x') + "\"\n"), "FILE: is over 1 MiB");
}

}  // namespace
}  // namespace reginfo
