/// @file
/// The rules of the tree as tests: includes between folders, no I/O in the core, files of readable
/// size.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Findings = std::vector<std::string>;

const fs::path kRoot = REGINFO_SOURCE_DIR;
constexpr std::size_t kMaxLines = 400;

struct Rule {
    const char* folder;
    const char* except;  ///< a folder inside it that the rule is not for, or ""
    const char* forbidden;
    const char* because;
};

constexpr Rule kArrows[] = {
    {"core",
     "",
     R"(#include "(app|metrics|transport|tests)/)",
     "the core depends on nothing of ours"},
    {"core", "core/storage", R"(#include "core/storage/)", "the core knows Journal, not the stores"
    },
    {"core/storage",
     "",
     R"(#include "core/(sip|transaction|dialog|reginfo)/)",
     "a store knows no SIP"},
    {"transport", "", R"(#include "(app|metrics|tests)/)", "transport knows the core only"},
    {"transport", "", R"(#include "core/(transaction|dialog|reginfo)/)", "transport knows no rules"
    },
    {"metrics", "", R"(#include "(app|transport|tests)/)", "metrics knows the core only"},
    {"app", "", R"(#include "tests/)", "the product does not know its tests"},
};

/// The rooms of the core, the lowest first. A file may include headers of its own room and of lower
/// ones. A room is a folder, or files that lie beside the folders; the longest match counts.
constexpr const char* kRooms[] = {
    "core/base/",
    "core/sip/",
    "core/reginfo/",
    "core/event/watcher/",
    "core/outbox core/pressure core/settings core/stats core/bounds",
    "core/cluster/",
    "core/dialog/",
    "core/transaction/",
    "core/event/package",
    "core/event/state/",
    "core/event/persistence/",
    "core/storage/",
    "core/event/records/",
    "core/event/notify/",
    "core/event/subscribe/",
    "core/event/publish/",
    "core/inspection core/memory_use",
    "core/event/operation/",
    "core/request_reader core/request_shard core/stateless_refusals core/user_agent_server",
    "core/engine core/engine_impl",
};

constexpr Rule kWorld[] = {
    {"core",
     "core/storage",
     R"(#include <(boost/(asio|beast)|sys/|netinet/|arpa/|unistd|thread>|mutex>|atomic>|fstream>|filesystem>|iostream>|spdlog|prometheus|sqlite3|nlohmann))",
     "no I/O, no threads, no logging in core"},
    {"core",
     "core/storage",
     R"(::now\(|random_device|getenv|std::c(out|err)|\bprintf\()",
     "the world enters by arguments"},
    {"metrics",
     "",
     R"(#include "core/sip/(parser|writer|stream_framer|uri|headers))",
     "no SIP syntax"},
    {"tests/core", "", R"(sleep)", "time is an argument"},
    {"tests/sim", "", R"(sleep)", "time is an argument"},
};

/// A line that a rule above forbids, and that one file may have.
struct Exception {
    const char* file;
    const char* line;
    const char* because;
};

constexpr Exception kExceptions[] = {
    {"core/base/address.cpp", "#include <arpa/inet.h>", "inet_pton reads a text and nothing else"},
};

Findings lines_of(const fs::path& path) {
    std::ifstream file(path);
    Findings lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::string name_of(const fs::path& path) { return fs::relative(path, kRoot).generic_string(); }

bool is_cpp(const fs::path& path) {
    return path.extension() == ".cpp" || path.extension() == ".hpp";
}

template <class Predicate>
std::vector<fs::path> files_below(const char* folder, Predicate wanted) {
    std::vector<fs::path> found;
    if (!fs::exists(kRoot / folder)) return found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
        if (entry.is_regular_file() && wanted(entry.path())) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

bool is_exception(const std::string& file, const std::string& line) {
    return std::ranges::any_of(kExceptions, [&](const Exception& exception) {
        return file == exception.file && line == exception.line;
    });
}

void find_matches(const fs::path& path, const std::regex& pattern, Findings& findings) {
    std::size_t number = 0;
    for (const std::string& line : lines_of(path)) {
        ++number;
        if (!std::regex_search(line, pattern) || is_exception(name_of(path), line)) continue;
        findings.push_back(name_of(path) + ":" + std::to_string(number) + ": " + line);
    }
}

Findings violations(const Rule& rule) {
    const std::regex forbidden(rule.forbidden);
    const std::string except = std::string(rule.except) + "/";
    Findings findings;
    for (const fs::path& path : files_below(rule.folder, is_cpp)) {
        if (*rule.except != '\0' && name_of(path).starts_with(except)) continue;
        find_matches(path, forbidden, findings);
    }
    return findings;
}

TEST(Tidy, EveryIncludeFollowsAnArrow) {
    for (const Rule& rule : kArrows) {
        EXPECT_THAT(violations(rule), IsEmpty()) << rule.folder << ": " << rule.because;
    }
}

/// The number of the room that a path is in; nothing if it is in none.
std::optional<std::size_t> room_of(const std::string& path) {
    std::optional<std::size_t> found;
    std::size_t longest = 0;
    for (std::size_t room = 0; room < std::size(kRooms); ++room) {
        std::istringstream parts(kRooms[room]);
        for (std::string part; parts >> part;) {
            const bool is_folder = part.ends_with('/');
            const bool is_in =
                is_folder ? path.starts_with(part) : path.substr(0, path.rfind('.')) == part;
            if (!is_in || part.size() <= longest) continue;
            longest = part.size();
            found = room;
        }
    }
    return found;
}

TEST(Tidy, ARoomOfTheCoreIncludesOnlyThoseBelowIt) {
    const std::regex include(R"re(^#include "(core/[^"]+)")re");
    Findings findings;
    for (const fs::path& path : files_below("core", is_cpp)) {
        const auto room = room_of(name_of(path));
        if (!room) {
            findings.push_back(name_of(path) + " is in no room");
            continue;
        }
        for (const std::string& line : lines_of(path)) {
            std::smatch included;
            if (!std::regex_search(line, included, include)) continue;
            if (room_of(included[1]) <= room) continue;
            findings.push_back(name_of(path) + " includes " + included[1].str());
        }
    }
    EXPECT_THAT(findings, IsEmpty());
}

/// The only files that may name the struct that owns all parts of core/event/records/.
constexpr std::string_view kOwnersOfRecords[] = {
    "core/engine_impl.hpp",
    "core/event/records/records.cpp",
    "core/event/records/records.hpp",
};

TEST(Tidy, NoClassOfTheCoreIsGivenAllRecords) {
    const std::regex named(R"(^[^/]*\bRecords\b|"core/event/records/records\.hpp")");
    std::set<std::string> files;
    for (const fs::path& path : files_below("core", is_cpp)) {
        Findings found;
        find_matches(path, named, found);
        if (!found.empty()) files.insert(name_of(path));
    }
    EXPECT_THAT(files, ElementsAreArray(kOwnersOfRecords)) << "give it the parts that it uses";
}

TEST(Tidy, TheWorldEntersTheCoreByArgumentsOnly) {
    for (const Rule& rule : kWorld) {
        EXPECT_THAT(violations(rule), IsEmpty()) << rule.folder << ": " << rule.because;
    }
}

TEST(Tidy, ARuleFindsWhatItForbids) {
    constexpr Rule kEveryHeader{"core", "", "#pragma once", "headers exist"};
    EXPECT_FALSE(violations(kEveryHeader).empty());
}

TEST(Tidy, EveryExceptionIsNeeded) {
    for (const Exception& exception : kExceptions) {
        EXPECT_THAT(lines_of(kRoot / exception.file), Contains(exception.line)) << exception.file;
    }
}

TEST(Tidy, AFileCanBeReadInOneGo) {
    for (const char* folder : {"app", "core", "metrics", "tests", "transport"}) {
        for (const fs::path& path : files_below(folder, is_cpp)) {
            EXPECT_LE(lines_of(path).size(), kMaxLines) << name_of(path);
        }
    }
}

/// Sources without a header of their name, and why.
constexpr std::string_view kWithoutHeader[] = {
    "app/main.cpp",  // nothing but main(), which nobody calls
};

TEST(Tidy, EverySourceHasAHeaderOfItsName) {
    Findings findings;
    for (const char* folder : {"app", "core", "metrics", "transport"}) {
        for (const fs::path& path : files_below(folder, is_cpp)) {
            const bool has_header = fs::exists(fs::path(path).replace_extension(".hpp"));
            if (!has_header) findings.push_back(name_of(path));
        }
    }
    EXPECT_THAT(findings, ElementsAreArray(kWithoutHeader))
        << "a class has one header and one source; what needs two sources is two classes";
}

/// The classes of the header whose functions the source has. A struct is a value, which may lie
/// beside the class that works with it.
std::set<std::string> classes_in(const fs::path& source) {
    const std::regex declared(R"(^class (\w+)[^;]*$)");
    const std::regex defined(R"(^(?:[\w:<>,&*\[\] ]+[ &*])?(\w+)::(?:\w+::)*~?\w+\()");
    std::set<std::string> of_header;
    std::set<std::string> of_source;
    std::smatch found;
    for (const std::string& line : lines_of(fs::path(source).replace_extension(".hpp"))) {
        if (!line.starts_with("class ")) continue;
        if (std::regex_search(line, found, declared)) of_header.insert(found[1]);
    }
    for (const std::string& line : lines_of(source)) {
        const bool may_define = !line.starts_with(' ') && line.find("::") != std::string::npos;
        if (!may_define || !std::regex_search(line, found, defined)) continue;
        if (of_header.contains(found[1])) of_source.insert(found[1]);
    }
    return of_source;
}

TEST(Tidy, ASourceHasTheFunctionsOfOneClass) {
    EXPECT_THAT(classes_in(kRoot / "core/engine.cpp"), ElementsAre("Engine"));
    const auto is_source = [](const fs::path& path) { return path.extension() == ".cpp"; };
    for (const char* folder : {"app", "core", "metrics", "transport"}) {
        for (const fs::path& path : files_below(folder, is_source)) {
            EXPECT_LE(classes_in(path).size(), 1U)
                << name_of(path) << " has " << testing::PrintToString(classes_in(path));
        }
    }
}

TEST(Tidy, AHeaderAndASourceWithoutOneSayWhatTheyAre) {
    for (const char* folder : {"app", "core", "metrics", "tests", "transport"}) {
        for (const fs::path& path : files_below(folder, is_cpp)) {
            const bool has_header = fs::exists(fs::path(path).replace_extension(".hpp"));
            if (path.extension() == ".cpp" && has_header) continue;
            const Findings lines = lines_of(path);
            ASSERT_FALSE(lines.empty()) << name_of(path);
            EXPECT_TRUE(lines.front().starts_with("/// @file")) << name_of(path);
        }
    }
}

TEST(Tidy, TheProductStandsAlone) {
    const std::regex outside(R"(\.\./shared)");
    const auto any_file = [](const fs::path&) { return true; };
    Findings findings;
    for (const char* folder : {"app", "core", "deploy", "metrics", "transport"}) {
        for (const fs::path& path : files_below(folder, any_file)) {
            find_matches(path, outside, findings);
        }
    }
    for (const char* file : {"CMakeLists.txt", "CMakePresets.json", "README.md"}) {
        find_matches(kRoot / file, outside, findings);
    }
    EXPECT_THAT(findings, IsEmpty());
}

TEST(Tidy, CommentsCiteNoDocumentThatTheTreeDoesNotHave) {
    const std::regex absent(R"((DESIGN|kamailio|features|peers)\.md|\b[Rr]ules? [0-9])");
    const auto is_text = [](const fs::path& path) {
        constexpr const char* kEndings[] = {
            ".cpp", ".hpp", ".txt", ".md", ".py", ".sh", ".toml", ".cfg", ".yaml", ".yml", ".js"
        };
        return std::ranges::find(kEndings, path.extension()) != std::end(kEndings);
    };
    Findings findings;
    for (const char* folder : {"app", "core", "deploy", "metrics", "tests", "transport"}) {
        for (const fs::path& path : files_below(folder, is_text)) {
            find_matches(path, absent, findings);
        }
    }
    find_matches(kRoot / "README.md", absent, findings);
    EXPECT_THAT(findings, IsEmpty());
}

/// The text of a file without line breaks and the marks of comments, as a reader takes it in.
std::string running_text_of(const fs::path& path) {
    std::string text;
    for (const std::string& line : lines_of(path)) {
        const std::size_t begin = line.find_first_not_of(" /<");
        if (begin != std::string::npos) text.append(line, begin).append(" ");
    }
    return text;
}

TEST(Tidy, ACitedRuleIsASectionOfTheRules) {
    Findings names;
    for (const std::string& line : lines_of(kRoot / "core/RULES.md")) {
        if (line.starts_with("## ")) names.push_back(line.substr(3));
    }
    ASSERT_FALSE(names.empty());
    const std::regex citation(R"re(\bRULES\.md, ("[^"]+"(?:(?:,| and) "[^"]+")*))re");
    const std::regex quoted(R"re("([^"]+)")re");
    const std::sregex_iterator end;
    Findings findings;
    std::size_t citations = 0;
    for (const char* folder : {"app", "core", "metrics", "tests", "transport"}) {
        for (const fs::path& path : files_below(folder, is_cpp)) {
            const std::string text = running_text_of(path);
            for (std::sregex_iterator cited(text.begin(), text.end(), citation); cited != end;
                 ++cited) {
                const std::string list = (*cited)[1];
                for (std::sregex_iterator name(list.begin(), list.end(), quoted); name != end;
                     ++name) {
                    ++citations;
                    if (std::ranges::find(names, (*name)[1].str()) != names.end()) continue;
                    findings.push_back(name_of(path) + ": " + (*name)[1].str());
                }
            }
        }
    }
    EXPECT_THAT(findings, IsEmpty());
    EXPECT_GT(citations, 0U);
}

TEST(Tidy, EverySourceIsBuilt) {
    Findings findings;
    for (const char* folder : {"app", "core", "metrics", "transport"}) {
        std::string lists;
        const auto is_list = [](const fs::path& p) { return p.filename() == "CMakeLists.txt"; };
        for (const fs::path& list : files_below(folder, is_list)) {
            for (const std::string& line : lines_of(list)) lists += line + " ";
        }
        for (const fs::path& path : files_below(folder, is_cpp)) {
            if (lists.find(path.filename().string()) == std::string::npos) {
                findings.push_back(name_of(path));
            }
        }
    }
    EXPECT_THAT(findings, IsEmpty()) << "not in any CMakeLists.txt";
}

}  // namespace
