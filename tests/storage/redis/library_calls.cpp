/// @file

#include "tests/storage/redis/library_calls.hpp"

#include "tests/storage/redis/model_arguments.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <ostream>
#include <utility>

namespace reginfo::test {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<const char*, 11> kNames = {
    "join",
    "beat",
    "claim",
    "commit",
    "handoff",
    "leave",
    "load",
    "look",
    "revision",
    "pass",
    "edit"
};
static_assert(kNames.size() == static_cast<std::size_t>(LibraryCall::Op::count_));

struct Node {
    const char* name;
    const char* incarnation;
};

constexpr std::array<Node, 5> kNodes = {{
    {"node-a", "00000000000000a1"},
    {"node-b.example.org", "00000000000000b1"},
    {"node-a", "00000000000000a2"},
    {"node-b.example.org", "00000000000000b2"},
    {"node-c", "00000000000000c1"},
}};

const std::string kId = "cluster-0123456789";
const std::string kOtherId = "another-0123456789";

/// Writes the words of a call.
class Writer {
public:
    Writer(const LibraryCall& call, const ModelKeys& keys)
        : call_(call), keys_(keys), node_(kNodes.at(call.node % kNodes.size())) {
        const bool is_group =
            call.op == LibraryCall::Op::commit || call.op == LibraryCall::Op::handoff;
        if (!is_group || call.place % 4 == 0) return;
        // Mostly by the owner, as else all is fenced.
        const std::string owner = ModelToken::parse(field("own", "0")).incarnation;
        for (const Node& node : kNodes) {
            if (node.incarnation == owner) node_ = node;
        }
    }

    Words write() {
        if (call_.op == LibraryCall::Op::edit) {
            edit();
            return words_;
        }
        const std::string name = kNames.at(static_cast<std::size_t>(call_.op));
        add({"FCALL", "reginfod1_" + name, "0", "rg"});
        switch (call_.op) {
            case LibraryCall::Op::join:
                return join(), spoil();
            case LibraryCall::Op::beat:
                return beat(), spoil();
            case LibraryCall::Op::claim:
                return claim(), spoil();
            case LibraryCall::Op::commit:
                return commit(), spoil();
            case LibraryCall::Op::handoff:
                return handoff(), spoil();
            case LibraryCall::Op::leave:
                return add({id(), node_.name, node_.incarnation}), spoil();
            case LibraryCall::Op::load:
                return load(), spoil();
            case LibraryCall::Op::look:
            case LibraryCall::Op::revision:
            case LibraryCall::Op::pass:
            case LibraryCall::Op::edit:
            case LibraryCall::Op::count_:
                return spoil();
        }
        return words_;
    }

private:
    std::size_t pick(std::size_t count) {
        return next_ < call_.choices.size() ? call_.choices[next_++] % count : 0;
    }
    std::string pick(std::initializer_list<std::string> values) {
        return *(values.begin() + pick(values.size()));
    }
    void add(std::initializer_list<std::string> words) { words_.insert(words_.end(), words); }
    void add_number(std::int64_t number) { words_.push_back(std::to_string(number)); }

    std::string field(const std::string& key, const std::string& name) const {
        const std::string* found = keys_.field("rg:" + key, name);
        return found == nullptr ? "" : *found;
    }
    std::int64_t number(const std::string& key, const std::string& name) const {
        const std::string found = field(key, name);
        return found.empty() ? 0 : std::stoll(found);
    }
    std::string id() { return pick({kId, kId, kId, kId, kId, kId, kId, kOtherId}); }
    std::string shard() { return pick({"0", "1", "255", "00"}); }

    void meta() {
        add({pick({"", kId, "", kId, "", kId, kOtherId}), kId, "0123456789abcdef", layouts()});
    }
    std::string layouts() { return pick({"1-2", "1-1", "1-3", "01-2", "2-3", "3-9"}); }

    /// From the name to the protocols.
    void node() {
        add({node_.name, node_.incarnation, pick({"3000", "60000", "10", "3600000"})});
        add({pick({"active", "active", "active", "joining", "draining"})});
        add({pick({"1", "0", "1", "2", "007"}), pick({"bus-1", "bus-2", ""})});
        add({"192.0.2.1:5060", "1.0", "1-1"});
    }

    void join() {
        meta();
        node();
        for (std::size_t count = pick(3); count > 0; --count) {
            add({pick({node_.incarnation, "00000000000000a1", "00000000000000b1"})});
        }
    }

    void beat() {
        add({id(), layouts()});
        node();
        const std::string* now = keys_.text("rg:view");
        const std::int64_t view = now == nullptr ? 0 : std::stoll(*now);
        add({pick({std::to_string(view), "0", std::to_string(std::max<std::int64_t>(view - 1, 0))})}
        );
        const std::int64_t turn = number("clock", "turn");
        const std::array<std::int64_t, 5> later = {0, 0, 1, 120, 121};
        add_number(turn + later.at(pick(later.size())));
    }

    void claim() {
        add({id(), node_.name, node_.incarnation, pick({"3000", "60000", "10"})});
        for (std::size_t count = 1 + pick(3); count > 0; --count) {
            add({shard(), pick({"0", "0", "7", "999999999999999"})});
        }
    }

    /// The next number of this process's groups, or another one.
    void seq() {
        const std::string entry = field("seq", node_.incarnation);
        const std::int64_t last = entry.empty() ? 0 : std::stoll(entry);
        const std::array<std::int64_t, 8> after = {1, 1, 1, 1, 1, 0, 0, -1};
        add_number(std::max<std::int64_t>(last + after.at(pick(after.size())), 0));
    }

    std::string token(const std::string& shard) {
        const std::string present = field("own", shard == "00" ? "0" : shard);
        ModelToken token = ModelToken::parse(present);
        const bool is_mine = token.incarnation == node_.incarnation && !token.name.empty();
        if (!is_mine) token = {1, node_.incarnation, node_.name};
        switch (pick(12)) {
            case 9:
                --token.epoch;
                return token.text();
            case 10:
                token.name.clear();
                return token.text();
            case 11:
                return present;
            default:
                return token.text();
        }
    }

    void writes() {
        const std::size_t count = pick(4);
        add_number(static_cast<std::int64_t>(count));
        for (std::size_t i = 0; i < count; ++i) {
            const std::string kind = pick(
                {"+a",
                 "-a",
                 "+d",
                 "-d",
                 "+t",
                 "-t",
                 "+t",
                 "-t",
                 "+t",
                 "-t",
                 "+t",
                 "-t",
                 "+u",
                 "-u",
                 "+x",
                 "-x",
                 "-h",
                 "+a"}
            );
            add({kind, pick({"k1", "k2", ""})});
            if (kind[0] == '+' && kind != "+u")
                add({pick({"v", std::string("\0\r\n\xff", 4), ""})});
        }
    }

    void age() { add({pick({"0", "5000000", "999999999999999"})}); }

    void commit() {
        add({id(), node_.incarnation});
        seq();
        const std::size_t count = 1 + pick(3);
        add_number(static_cast<std::int64_t>(count));
        for (std::size_t i = 0; i < count; ++i) {
            const std::string chosen = shard();
            add({chosen, token(chosen)});
        }
        for (std::size_t commits = pick(4); commits > 0; --commits) {
            const std::size_t place = pick(16);
            add_number(static_cast<std::int64_t>(place == 15 ? count + 1 : 1 + place % count));
            age();
            writes();
        }
    }

    void handoff() {
        add({id(), node_.incarnation});
        seq();
        const std::string chosen = shard();
        constexpr std::array<std::size_t, 8> kReceivers = {1, 1, 1, 0, 0, 2, 3, 4};
        const Node& to = kNodes.at(kReceivers.at(pick(kReceivers.size())));
        add({chosen, token(chosen), to.name, to.incarnation, pick({"", "counters\nof dialogs"})});
    }

    void load() {
        meta();
        add({shard()});
        for (std::size_t loads = pick(3); loads > 0; --loads) {
            age();
            writes();
        }
    }

    void edit() {
        switch (pick(16)) {
            case 0:
                return add({"HSET", "rg:meta", "layout", "2"});
            case 1:
                return add({"HSET", "rg:meta", "shards", "128"});
            case 2:
                return add({"DEL", "rg:meta"});
            case 3:
            case 4:
                return add({"HSET", "rg:clock", "stamp", "1800000000000000"});
            case 5:
            case 6:
                return add({"HDEL", "rg:nodes", node_.name});
            default:
                return add({"DEL", std::string("rg:node:") + node_.name});
        }
    }

    /// The words, with what is wrong with them.
    Words spoil() {
        const std::array<std::string, 12> junk = {
            "",
            "x",
            "-1",
            "1.5",
            "256",
            "999999999999999",
            "9999999999999999",
            "a b",
            std::string(65, 'a'),
            std::string("\0", 1),
            "1.00000000000000a1.node-a",
            "+a"
        };
        if (call_.flaw == 0) return words_;
        const std::size_t how = call_.flaw - 1U;
        if (how == 0) {
            words_.push_back("x");
        } else if (words_.size() > 3 && how < 3) {
            words_.pop_back();
        } else if (words_.size() > 3) {
            const std::size_t place = 3 + call_.place % (words_.size() - 3);
            words_[place] = junk.at(how % junk.size());
        }
        return words_;
    }

    const LibraryCall& call_;
    const ModelKeys& keys_;
    Node node_;
    std::size_t next_ = 0;
    Words words_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const LibraryCall& call) {
    out << "\n  " << kNames.at(static_cast<std::size_t>(call.op)) << " of " << int{call.node}
        << " {";
    for (const std::uint8_t choice : call.choices) out << int{choice} << ",";
    out << "}";
    if (call.flaw != 0) out << " flaw " << int{call.flaw} << " at " << int{call.place};
    return out;
}

std::vector<std::string> words_of(const LibraryCall& call, const ModelKeys& keys) {
    return Writer(call, keys).write();
}

std::int64_t time_of(const LibraryCall& call) {
    constexpr std::array<std::int64_t, 14> kMilliseconds = {
        1,
        500,
        1'501,
        3'001,
        10,
        11,
        29'000,
        31'000,
        41'000,
        61'000,
        100'000,
        3'700'000,
        -5'000,
        -3'600'000
    };
    const std::size_t choice = call.choices.empty() ? 0 : call.choices.front();
    return kMilliseconds.at(choice % kMilliseconds.size()) * 1000 + (call.node == 0 ? 0 : 1);
}

}  // namespace reginfo::test
