/// @file
/// Faults of the kernel that loopback and a test's limits do not produce: system calls of this
/// process, replaced.

#include "tests/transport/kernel_faults.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace {

int send_error = 0;
bool has_no_descriptors = false;
bool has_no_network = false;
int cuts_none = 0;           ///< the error
in_addr_t cuts_none_to = 0;  ///< 0: to any address
unsigned long messages = 0;

bool is_cut(const msghdr& header) {
    const auto* const peer = static_cast<const sockaddr_in*>(header.msg_name);
    return header.msg_controllen > 0 &&
           (cuts_none_to == 0 || peer->sin_addr.s_addr == cuts_none_to);
}

}  // namespace

extern "C" int sendmmsg(int socket, mmsghdr* headers, unsigned count, int flags) {
    if (send_error != 0) {
        errno = send_error;
        return -1;
    }
    if (cuts_none != 0) {
        unsigned good = 0;
        while (good < count && !is_cut(headers[good].msg_hdr)) ++good;
        if (good == 0) {
            errno = cuts_none;
            return -1;
        }
        count = good;
    }
    messages += count;
    return static_cast<int>(::syscall(SYS_sendmmsg, socket, headers, count, flags));
}

extern "C" int accept(int socket, sockaddr* address, socklen_t* length) {
    if (has_no_descriptors) {
        errno = EMFILE;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_accept4, socket, address, length, 0));
}

extern "C" int connect(int socket, const sockaddr* address, socklen_t length) {
    if (has_no_network) {
        errno = ENETUNREACH;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_connect, socket, address, length));
}

namespace reginfo::test {

NoSending::NoSending(int error) { send_error = error; }
NoSending::~NoSending() { send_error = 0; }

NoSegmentation::NoSegmentation(int error, const char* to) {
    cuts_none = error;
    cuts_none_to = to ? ::inet_addr(to) : 0;
}
NoSegmentation::~NoSegmentation() { cuts_none = 0; }

unsigned long messages_sent() { return messages; }

NoNetwork::NoNetwork() { has_no_network = true; }
NoNetwork::~NoNetwork() { has_no_network = false; }

NoDescriptors::NoDescriptors() { has_no_descriptors = true; }
NoDescriptors::~NoDescriptors() { has_no_descriptors = false; }

}  // namespace reginfo::test
