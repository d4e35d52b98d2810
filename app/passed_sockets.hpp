/// @file
/// Sockets that a service manager opened, so that they outlive this process (sd_listen_fds(3)).
#pragma once

#include "app/listen_address.hpp"
#include "app/log.hpp"
#include "core/base/address.hpp"
#include "core/outbox.hpp"
#include "transport/listeners.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// What connects or arrives while nobody serves waits in them for the next process.
class PassedSockets {
public:
    /// A descriptor, and the name that the manager gave it; empty if it gave none.
    using Named = std::pair<int, std::string>;

    PassedSockets() = default;

    /// Owns them from now on; no child of this process will have them.
    /// @throw ConfigError  one is no socket that SIP or HTTP could be served on
    explicit PassedSockets(const std::vector<Named>& passed);
    ~PassedSockets();
    PassedSockets(PassedSockets&& other) noexcept : sockets_(std::exchange(other.sockets_, {})) {}
    PassedSockets& operator=(PassedSockets&&) = delete;

    static constexpr int kFirstDescriptor = 3;  ///< SD_LISTEN_FDS_START

    /// From LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, which are taken out of the environment.
    /// @throw ConfigError
    static PassedSockets from_environment(int first = kFirstDescriptor);

    /// @throw ConfigError  one is bound to no address of these, or does not serve it as it should
    void require_use(std::span<const ListenAddress> listen, const std::optional<Endpoint>& http)
        const;

    /// Hands over the one that is bound to that address; nothing if there is none.
    std::optional<int> take(Transport transport, const Endpoint& bound);

    /// How that listener is opened: by the one that is bound to its address, if there is one.
    ListenerConfig config_of(const ListenAddress& listen);

    /// A line for each that was passed.
    void tell(Log& log) const;

private:
    struct Socket {
        int descriptor = -1;
        std::string name;
        Transport transport = Transport::udp;
        Endpoint bound;
        bool takes_both = false;  ///< IPv6, and IPv4 as well

        std::string address() const;    ///< "udp:127.0.0.1:5060"
        std::string to_string() const;  ///< with its name
    };

    static Socket inspect(const Named& passed);
    const Socket* find(Transport transport, const Endpoint& bound) const;

    std::vector<Socket> sockets_;
};

}  // namespace reginfo
