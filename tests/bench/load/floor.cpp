/// @file
/// The floor: what it costs to receive and send datagrams of given sizes, and nothing else.
///
///     floor serve                                      prints its port, then serves
///     floor drive --port P --pid PID --notifies N ...  prints figures as JSON
///
/// A request is a datagram that begins with Order. The server sends a response and `notifies`
/// datagrams to the driver's second socket, which answers each. The server uses recvmmsg and
/// sendmmsg, waits in poll, and copies no payload.

#include "tests/bench/load/figures.hpp"
#include "tests/bench/load/process_tree.hpp"
#include "tests/bench/load/wire.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

namespace {

using reginfo::bench::Latencies;
using reginfo::bench::ProcessTree;
using reginfo::bench::Wire;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kRequest = 0x464c'4f52;
constexpr std::size_t kBatch = 64;

struct Order {
    std::uint32_t kind = kRequest;
    std::uint32_t number = 0;
    std::uint32_t notifies = 0;
    std::uint16_t watcher_port = 0;
    std::uint16_t response_bytes = 0;
    std::uint16_t notify_bytes = 0;
};

struct Sizes {
    std::uint16_t request = 1000;
    std::uint16_t response = 400;
    std::uint16_t notify = 1000;
    std::uint16_t answer = 350;
};

class Server {
public:
    Server() {
        socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
        const int bytes = 64 << 20;
        for (const int option : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE}) {
            ::setsockopt(socket_, SOL_SOCKET, option, &bytes, sizeof bytes);
        }
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof own;
        ::bind(socket_, reinterpret_cast<sockaddr*>(&own), size);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
        std::cout << ntohs(own.sin_port) << std::endl;
    }

    void run() {
        for (std::size_t i = 0; i < kBatch; ++i) {
            in_vectors_[i] = {room_.data() + i * 2048, 2048};
            in_[i] = {};
            in_[i].msg_hdr.msg_name = &peers_[i];
            in_[i].msg_hdr.msg_iov = &in_vectors_[i];
            in_[i].msg_hdr.msg_iovlen = 1;
        }
        for (;;) {
            pollfd waiting{socket_, POLLIN, 0};
            ::poll(&waiting, 1, -1);
            for (int count = static_cast<int>(kBatch); count == static_cast<int>(kBatch);) {
                for (mmsghdr& header : in_) header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
                count = ::recvmmsg(socket_, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
                for (int i = 0; i < count; ++i) take(static_cast<std::size_t>(i));
                flush();
            }
        }
    }

private:
    void take(std::size_t i) {
        Order order;
        if (in_[i].msg_len < sizeof order) return;
        std::memcpy(&order, room_.data() + i * 2048, sizeof order);
        if (order.kind != kRequest) return;
        queue(peers_[i], order.response_bytes, order.number);
        sockaddr_in watcher = peers_[i];
        watcher.sin_port = order.watcher_port;
        for (std::uint32_t n = 0; n < order.notifies; ++n) {
            queue(watcher, order.notify_bytes, order.number);
        }
    }

    void queue(const sockaddr_in& to, std::size_t bytes, std::uint32_t number) {
        out_peers_[queued_] = to;
        numbers_[queued_] = number;
        out_vectors_[queued_] = {{{&numbers_[queued_], sizeof number}, {payload_.data(), bytes - 4}}
        };
        mmsghdr& header = out_[queued_];
        header = {};
        header.msg_hdr.msg_name = &out_peers_[queued_];
        header.msg_hdr.msg_namelen = sizeof to;
        header.msg_hdr.msg_iov = out_vectors_[queued_].data();
        header.msg_hdr.msg_iovlen = 2;
        if (++queued_ == kBatch) flush();
    }

    void flush() {
        std::size_t done = 0;
        while (done < queued_) {
            const auto rest = static_cast<unsigned>(queued_ - done);
            const int sent = ::sendmmsg(socket_, out_.data() + done, rest, 0);
            if (sent > 0) done += static_cast<std::size_t>(sent);
        }
        queued_ = 0;
    }

    int socket_ = -1;
    std::vector<char> room_ = std::vector<char>(kBatch * 2048);
    std::vector<char> payload_ = std::vector<char>(65'536, 'x');
    std::array<mmsghdr, kBatch> in_;
    std::array<iovec, kBatch> in_vectors_;
    std::array<sockaddr_in, kBatch> peers_;
    std::array<mmsghdr, kBatch> out_;
    std::array<std::array<iovec, 2>, kBatch> out_vectors_;
    std::array<sockaddr_in, kBatch> out_peers_;
    std::array<std::uint32_t, kBatch> numbers_;
    std::size_t queued_ = 0;
};

struct Drive {
    std::uint16_t port = 0;
    int pid = 0;
    std::uint32_t notifies = 0;
    std::uint32_t count = 10'000;
    std::uint32_t window = 32;
    double rate = 0;
    Sizes sizes;
};

class Driver {
public:
    explicit Driver(const Drive& drive) : drive_(drive), wire_(drive.port, false, 1) {
        const std::string watcher = wire_.address(Wire::kWatchers);
        order_.watcher_port =
            htons(static_cast<std::uint16_t>(std::stoi(watcher.substr(watcher.find(':') + 1))));
        order_.notifies = drive.notifies;
        order_.response_bytes = drive.sizes.response;
        order_.notify_bytes = drive.sizes.notify;
        request_.assign(drive.sizes.request, 'x');
        answer_.assign(drive.sizes.answer, 'a');
        open_.resize(drive.count);
    }

    nlohmann::json run() {
        const ProcessTree server(drive_.pid);
        const double cpu = server.cpu_seconds();
        const Clock::time_point start = Clock::now();
        Clock::time_point progress = start;
        std::uint32_t sent = 0;
        while (done_ < drive_.count) {
            const std::uint32_t before = done_;
            const Clock::time_point now = Clock::now();
            std::uint32_t allowed = done_ + drive_.window;
            if (drive_.rate > 0) {
                const double passed = std::chrono::duration<double>(now - start).count();
                allowed = static_cast<std::uint32_t>(passed * drive_.rate) + 1;
            }
            for (; sent < std::min(allowed, drive_.count); ++sent) send(sent, now);
            wire_.flush();
            wire_.receive(
                drive_.rate > 0 ? 0 : 5,
                [this](std::size_t link, std::string_view bytes) { take(link, bytes); }
            );
            if (done_ > before) progress = Clock::now();
            if (Clock::now() - progress > std::chrono::seconds{5}) return {{"lost", true}};
        }
        wire_.flush();
        const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
        const double used = server.cpu_seconds() - cpu;
        return {
            {"lost", false},
            {"seconds", seconds},
            {"cpu_seconds", used},
            {"cpu_us_per_request", used * 1e6 / drive_.count},
            {"cpu_us_per_notify",
             drive_.notifies == 0 ? 0 : used * 1e6 / drive_.count / drive_.notifies},
            {"latency_us",
             {{"p50", latencies_.percentile(0.5)}, {"p99", latencies_.percentile(0.99)}}},
        };
    }

private:
    struct Open {
        std::uint32_t left = 0;  ///< datagrams that are still to come
        Clock::time_point sent_at;
    };

    void send(std::uint32_t number, Clock::time_point now) {
        open_[number] = {1 + drive_.notifies, now};
        order_.number = number;
        std::memcpy(request_.data(), &order_, sizeof order_);
        wire_.send(Wire::kPublishers, request_);
    }

    void take(std::size_t link, std::string_view bytes) {
        std::uint32_t number = 0;
        std::memcpy(&number, bytes.data(), sizeof number);
        if (link == Wire::kWatchers) wire_.send(link, answer_);
        Open& open = open_.at(number);
        if (--open.left > 0) return;
        ++done_;
        latencies_.add(
            std::chrono::duration<double, std::micro>(Clock::now() - open.sent_at).count()
        );
    }

    Drive drive_;
    Wire wire_;
    Order order_;
    std::string request_;
    std::string answer_;
    std::vector<Open> open_;
    std::uint32_t done_ = 0;
    Latencies latencies_;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"What datagrams of given sizes cost."};
    app.require_subcommand(1);
    CLI::App* serve =
        app.add_subcommand("serve", "prints its port, then serves until it is killed");
    CLI::App* drive = app.add_subcommand("drive", "prints figures as JSON");
    Drive options;
    drive->add_option("--port", options.port)->required();
    drive->add_option("--pid", options.pid)->required();
    drive->add_option("--notifies", options.notifies, "sent for each request");
    drive->add_option("--count", options.count, "of requests");
    drive->add_option("--window", options.window, "requests not yet done, without a rate");
    drive->add_option("--rate", options.rate, "requests a second");
    drive->add_option("--request-bytes", options.sizes.request);
    drive->add_option("--response-bytes", options.sizes.response);
    drive->add_option("--notify-bytes", options.sizes.notify);
    drive->add_option("--answer-bytes", options.sizes.answer);
    CLI11_PARSE(app, argc, argv);
    if (serve->parsed()) Server().run();
    const nlohmann::json figures = Driver(options).run();
    std::cout << figures.dump() << "\n";
    return figures["lost"] ? 1 : 0;
}
