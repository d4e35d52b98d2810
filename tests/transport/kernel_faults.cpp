/// @file
/// Faults of the kernel that loopback and a test's limits do not produce: system calls of this
/// process, replaced.

#include "tests/transport/kernel_faults.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace {

bool is_full = false;
bool has_no_descriptors = false;
bool has_no_network = false;
bool cuts_none = false;
unsigned long messages = 0;

}  // namespace

extern "C" int sendmmsg(int socket, mmsghdr* headers, unsigned count, int flags) {
    if (is_full) {
        errno = EAGAIN;
        return -1;
    }
    if (cuts_none && headers[0].msg_hdr.msg_controllen > 0) {
        errno = EIO;
        return -1;
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

FullKernel::FullKernel() { is_full = true; }
FullKernel::~FullKernel() { is_full = false; }

NoSegmentation::NoSegmentation() { cuts_none = true; }
NoSegmentation::~NoSegmentation() { cuts_none = false; }

unsigned long messages_sent() { return messages; }

NoNetwork::NoNetwork() { has_no_network = true; }
NoNetwork::~NoNetwork() { has_no_network = false; }

NoDescriptors::NoDescriptors() { has_no_descriptors = true; }
NoDescriptors::~NoDescriptors() { has_no_descriptors = false; }

}  // namespace reginfo::test
