/// @file
/// Calls of the functions of reginfod1.lua as values that RapidCheck makes, prints and shrinks.
#pragma once

#include "tests/storage/redis/model_keys.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace reginfo::test {

struct LibraryCall {
    enum class Op : std::uint8_t {
        join,
        beat,
        claim,
        commit,
        handoff,
        leave,
        load,
        look,
        revision,
        pass,  ///< time
        edit,  ///< keys are changed by other hands
        count_
    };

    Op op = Op::join;
    std::uint8_t node = 0;
    /// What decides the rest, each in turn; zeros when they are used up. Zero is the usual.
    std::vector<std::uint8_t> choices = {};
    std::uint8_t flaw = 0;   ///< 0: none; or what is wrong with the words
    std::uint8_t place = 0;  ///< of the word with the flaw
};

std::ostream& operator<<(std::ostream& out, const LibraryCall& call);

/// The command of a call where the keys are these. @pre it is not `pass`
std::vector<std::string> words_of(const LibraryCall& call, const ModelKeys& keys);

/// How much time passes; back if it is negative. In microseconds. @pre it is `pass`
std::int64_t time_of(const LibraryCall& call);

}  // namespace reginfo::test
