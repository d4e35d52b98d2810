/// @file
/// The sockets of a load: publishers behind one, watchers behind one or, over TCP, several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::bench {

class Wire {
public:
    /// Takes one whole message and the index of the link that it came by.
    using Handler = std::function<void(std::size_t link, std::string_view message)>;

    static constexpr std::size_t kPublishers = 0;  ///< link of all publishers
    static constexpr std::size_t kWatchers = 1;    ///< first link of watchers

    Wire(std::uint16_t server_port, bool tcp, std::uint32_t watcher_links);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// "127.0.0.1:port" of that link.
    std::string address(std::size_t link) const;

    /// Queues; flush sends.
    void send(std::size_t link, std::string_view message);
    void flush();

    /// Waits for messages, at most that long, and takes all that have arrived.
    void receive(int milliseconds, const Handler& handler);

private:
    struct Link {
        int socket = -1;
        std::deque<std::string> datagrams;  ///< of UDP, to be sent
        std::string output;                 ///< of TCP
        std::string input;
        bool waits = false;  ///< the kernel takes no more for now
    };

    void open(Link& link, std::uint16_t server_port);
    void watch(std::size_t index, bool for_room);
    void flush(std::size_t index);
    bool send_datagrams(Link& link);
    bool send_stream(Link& link);
    void receive_datagrams(std::size_t index, const Handler& handler);
    void receive_stream(std::size_t index, const Handler& handler);

    bool tcp_;
    int epoll_ = -1;
    std::vector<Link> links_;
    std::vector<std::size_t> dirty_;  ///< links with something to send
    std::vector<char> room_;
};

}  // namespace reginfo::bench
