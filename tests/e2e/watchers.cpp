/// @file
/// A farm of watchers behind one edge proxy, for the fan-out test: subscribes, answers, counts.
///
///     watchers EDGE_PORT COUNT AOR
///
/// Subscribes COUNT watchers to AOR through 127.0.0.1:EDGE_PORT over UDP and prints "subscribed"
/// when each has its 2xx and a first NOTIFY. Then, for each line "expect MARK SECONDS" on standard
/// input, it prints "expecting", waits until every watcher was sent a document that contains MARK,
/// or that time is up, and prints "told" with figures. Ends at the end of its input.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kSubscribesInFlight = 64;
constexpr std::size_t kMaxDatagram = 65'535;

struct Watcher {
    bool answered = false;  ///< its SUBSCRIBE has a 2xx
    bool notified = false;
    bool marked = false;     ///< has got the expected document
    std::uint32_t cseq = 0;  ///< of its last NOTIFY
    Clock::time_point sent_at{};
    std::unordered_set<std::string> branches;
};

struct Counts {
    std::size_t notifies = 0;
    std::size_t retransmissions = 0;  ///< the same branch again
    std::size_t out_of_order = 0;     ///< a CSeq that did not grow by one
    std::size_t refused = 0;          ///< SUBSCRIBEs answered with anything but 2xx
};

/// The value of the last header line of that name: of Via, the one nearest to the sender.
std::string_view last_header(std::string_view head, std::string_view name) {
    std::string_view value;
    const std::string key = "\r\n" + std::string(name) + ":";
    for (std::size_t at = head.find(key); at != head.npos; at = head.find(key, at + 2)) {
        const std::size_t begin = at + key.size();
        value = head.substr(begin, head.find("\r\n", begin) - begin);
    }
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
}

std::string_view parameter(std::string_view value, std::string_view name) {
    const std::size_t at = value.rfind(name);
    if (at == value.npos) return {};
    value.remove_prefix(at + name.size());
    return value.substr(0, value.find_first_of(";, \r"));
}

class Farm {
public:
    Farm(std::uint16_t edge_port, std::size_t count, std::string aor)
        : aor_(std::move(aor)), watchers_(count) {
        socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
        const int wanted = 4 << 20;
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
        sockaddr_in own = loopback(0);
        socklen_t size = sizeof own;
        if (::bind(socket_, as_address(own), size) != 0) throw std::runtime_error("bind");
        ::getsockname(socket_, as_address(own), &size);
        port_ = ntohs(own.sin_port);
        edge_ = loopback(edge_port);
    }
    ~Farm() { ::close(socket_); }
    Farm(const Farm&) = delete;
    Farm& operator=(const Farm&) = delete;

    bool subscribe_all(Clock::duration limit) {
        const Clock::time_point start = Clock::now();
        std::size_t next = 0;
        while (notified_ < watchers_.size() || answered_ < watchers_.size()) {
            while (next < watchers_.size() && next < answered_ + kSubscribesInFlight) {
                send_subscribe(next++);
            }
            if (Clock::now() - start > limit) break;
            if (!receive()) repeat_unanswered(next);
        }
        report("subscribed", notified_, Clock::now() - start);
        return notified_ == watchers_.size();
    }

    /// The next line of standard input, answering NOTIFYs meanwhile; false at its end.
    bool next_line(std::string& line) {
        while (input_.find('\n') == input_.npos) {
            std::array<pollfd, 2> waiting{{{STDIN_FILENO, POLLIN, 0}, {socket_, POLLIN, 0}}};
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[1].revents != 0) receive();
            if (waiting[0].revents == 0) continue;
            std::array<char, 256> piece;
            const ssize_t size = ::read(STDIN_FILENO, piece.data(), piece.size());
            if (size <= 0) return false;
            input_.append(piece.data(), static_cast<std::size_t>(size));
        }
        line = input_.substr(0, input_.find('\n'));
        input_.erase(0, line.size() + 1);
        return true;
    }

    void expect(const std::string& mark, Clock::duration limit) {
        const Clock::time_point start = Clock::now();
        mark_ = mark;
        marked_ = 0;
        counts_ = {};
        for (Watcher& watcher : watchers_) watcher.marked = false;
        std::cout << "expecting" << std::endl;
        while (marked_ < watchers_.size() && Clock::now() - start < limit) receive();
        const Clock::duration taken = Clock::now() - start;
        // Retransmissions may still be on their way: they are counted.
        for (const Clock::time_point end = Clock::now() + 2s; Clock::now() < end;) receive();
        report("told", marked_, taken);
    }

private:
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static sockaddr* as_address(sockaddr_in& address) {
        return reinterpret_cast<sockaddr*>(&address);
    }

    void send(const std::string& bytes) {
        ::sendto(socket_, bytes.data(), bytes.size(), 0, as_address(edge_), sizeof edge_);
    }

    void send_subscribe(std::size_t index) {
        watchers_[index].sent_at = Clock::now();
        const std::string id = std::to_string(index);
        const std::string own = "127.0.0.1:" + std::to_string(port_);
        send(
            "SUBSCRIBE " + aor_ + " SIP/2.0\r\nVia: SIP/2.0/UDP " + own + ";branch=z9hG4bKs" + id +
            "\r\nMax-Forwards: 70\r\nFrom: <sip:w" + id + "@reg.test>;tag=f" + id + "\r\nTo: <" +
            aor_ + ">\r\nCall-ID: " + id + "@farm\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:w" + id +
            "@" + own + ">\r\nEvent: reg\r\nAccept: application/reginfo+xml\r\nExpires: 3600\r\n" +
            "Content-Length: 0\r\n\r\n"
        );
    }

    void repeat_unanswered(std::size_t sent) {
        const Clock::time_point now = Clock::now();
        for (std::size_t i = 0; i < sent; ++i) {
            if (!watchers_[i].answered && now - watchers_[i].sent_at > 1s) send_subscribe(i);
        }
    }

    /// Takes all that has arrived; false if nothing came within 50 ms.
    bool receive() {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, 50) <= 0) return false;
        static std::array<char, kMaxDatagram> buffer;
        for (;;) {
            const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size <= 0) return true;
            handle({buffer.data(), static_cast<std::size_t>(size)});
        }
    }

    void handle(std::string_view message) {
        const std::size_t end = message.find("\r\n\r\n");
        if (end == message.npos) return;
        const std::string_view head = message.substr(0, end + 2);
        const std::string_view call_id = last_header(head, "Call-ID");
        std::size_t index = 0;
        std::from_chars(call_id.data(), call_id.data() + call_id.size(), index);
        if (index >= watchers_.size()) return;
        if (head.starts_with("NOTIFY ")) {
            handle_notify(watchers_[index], head, message.substr(end));
        } else if (!watchers_[index].answered) {
            watchers_[index].answered = true;
            ++answered_;
            if (!head.starts_with("SIP/2.0 2")) ++counts_.refused;
        }
    }

    void handle_notify(Watcher& watcher, std::string_view head, std::string_view body) {
        answer(head);
        const std::string branch(parameter(last_header(head, "Via"), "branch="));
        if (!watcher.branches.insert(branch).second) {
            ++counts_.retransmissions;
            return;
        }
        ++counts_.notifies;
        std::uint32_t cseq = 0;
        const std::string_view text = last_header(head, "CSeq");
        std::from_chars(text.data(), text.data() + text.size(), cseq);
        if (watcher.cseq != 0 && cseq != watcher.cseq + 1) ++counts_.out_of_order;
        watcher.cseq = cseq;
        if (!watcher.notified) {
            watcher.notified = true;
            ++notified_;
        }
        if (!watcher.marked && !mark_.empty() && body.find(mark_) != body.npos) {
            watcher.marked = true;
            ++marked_;
        }
    }

    void answer(std::string_view head) {
        std::string reply = "SIP/2.0 200 OK\r\n";
        std::size_t begin = head.find("\r\n") + 2;
        while (begin < head.size()) {
            const std::size_t end = head.find("\r\n", begin) + 2;
            const std::string_view line = head.substr(begin, end - begin);
            for (const std::string_view name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:"}) {
                if (line.starts_with(name)) reply += line;
            }
            begin = end;
        }
        send(reply + "Content-Length: 0\r\n\r\n");
    }

    void report(const char* what, std::size_t done, Clock::duration taken) {
        std::cout << what << " watchers=" << done << " of=" << watchers_.size()
                  << " seconds=" << std::chrono::duration<double>(taken).count()
                  << " notifies=" << counts_.notifies
                  << " retransmissions=" << counts_.retransmissions
                  << " out_of_order=" << counts_.out_of_order << " refused=" << counts_.refused
                  << std::endl;
    }

    std::string aor_;
    std::vector<Watcher> watchers_;
    std::string mark_;
    std::string input_;  ///< read and not yet a line
    Counts counts_;
    std::size_t answered_ = 0;
    std::size_t notified_ = 0;
    std::size_t marked_ = 0;
    sockaddr_in edge_{};
    std::uint16_t port_ = 0;
    int socket_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: watchers EDGE_PORT COUNT AOR\n";
        return 2;
    }
    Farm farm(static_cast<std::uint16_t>(std::atoi(argv[1])), std::stoul(argv[2]), argv[3]);
    if (!farm.subscribe_all(180s)) return 1;
    for (std::string line; farm.next_line(line);) {
        std::istringstream words(line);
        std::string verb;
        std::string mark;
        int seconds = 0;
        words >> verb >> mark >> seconds;
        if (verb == "expect") farm.expect(mark, std::chrono::seconds{seconds});
    }
    return 0;
}
