/// @file

#include "tests/sim/commands.hpp"

#include <ostream>

namespace reginfo::sim {
namespace {

const char* name_of(Op op) {
    static constexpr const char* kNames[] = {
        "wait",        "publish",    "publish_anew", "refresh",     "remove",
        "wrong_tag",   "repeat",     "subscribe",    "resubscribe", "resubscribe_id",
        "unsubscribe", "fetch",      "answer_with",  "close",       "refuse_connects",
        "dns",         "clock_step", "crash",        "restart",
    };
    static_assert(std::size(kNames) == static_cast<std::size_t>(Op::count_));
    return kNames[static_cast<std::size_t>(op)];
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Item& item) {
    return out << "{" << int{item.contact} << "," << int{item.callid} << "," << int{item.cseq}
               << "," << (item.ended ? "true" : "false") << "," << int{item.expires} << "}";
}

/// As a C++ initializer, so that a failure can be pasted into a test.
std::ostream& operator<<(std::ostream& out, const Command& command) {
    out << "\n  {Op::" << name_of(command.op) << "," << int{command.peer} << "," << int{command.how}
        << ",{";
    for (const Item& item : command.items) out << item << ",";
    return out << "}},";
}

std::ostream& operator<<(std::ostream& out, const Plan& plan) {
    out << "Plan{" << plan.chance << "," << int{plan.loss} << "," << int{plan.duplicates} << ","
        << int{plan.delay} << ",Callids(" << static_cast<int>(plan.callids) << "),Store("
        << static_cast<int>(plan.store) << ")," << (plan.small_turns ? "true" : "false") << ","
        << (plan.paced ? "true" : "false") << ",Profile(" << static_cast<int>(plan.profile) << "),"
        << (plan.rates ? "true" : "false") << "," << (plan.suppress ? "true" : "false") << ","
        << (plan.durable ? "true" : "false") << "," << (plan.batches ? "true" : "false")
        << ",EdgeManner(" << static_cast<int>(plan.edge) << ")," << (plan.large ? "true" : "false")
        << "," << (plan.tight ? "true" : "false") << "," << (plan.shared ? "true" : "false")
        << ",{";
    for (const Command& command : plan.commands) out << command;
    return out << "}}";
}

}  // namespace reginfo::sim
