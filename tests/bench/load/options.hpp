/// @file
/// What a run of the load generator is to do.
#pragma once

#include <cstdint>
#include <string>

namespace reginfo::bench {

struct Options {
    std::uint16_t port = 5060;  ///< of the server on 127.0.0.1
    bool tcp = false;
    std::uint32_t connections = 1;  ///< of watchers, over TCP
    int pid = 0;                    ///< the root of the server's process tree; 0: not measured

    std::uint32_t aors = 1000;
    std::uint32_t watchers = 1;  ///< of each AOR
    std::uint32_t idle = 0;      ///< more AORs, each with one watcher, that are never published
    std::uint32_t contacts = 1;
    std::uint32_t body_bytes = 517;

    std::uint32_t publishes = 10'000;  ///< that are measured
    std::uint32_t warm_up = 2'000;     ///< that are not
    double rate = 0;                   ///< PUBLISHes a second; 0: closed loop
    double set_up_rate = 0;            ///< likewise, of initial PUBLISHes and SUBSCRIBEs
    std::uint32_t window = 32;         ///< requests whose work is not done yet, in a closed loop
    double quiet = 0;                  ///< seconds from the last PUBLISH to the last look at memory
    bool versions = true;              ///< whether documents are numbered by one
    std::string json;                  ///< file for the figures
};

}  // namespace reginfo::bench
