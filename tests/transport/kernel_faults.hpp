/// @file
/// Faults of the kernel that loopback and a test's limits do not produce: system calls of this
/// process, replaced.
#pragma once

#include <cerrno>

namespace reginfo::test {

/// While it lives, sendmmsg fails: with EAGAIN the send buffer is full, with ENETUNREACH there is
/// no route.
class NoSending {
public:
    explicit NoSending(int error);
    ~NoSending();
    NoSending(const NoSending&) = delete;
    NoSending& operator=(const NoSending&) = delete;
};

/// While it lives, the send buffer is full.
class FullKernel : NoSending {
public:
    FullKernel() : NoSending(EAGAIN) {}
};

/// While it lives, sendmmsg fails where datagrams are to be cut out of a message (UDP_SEGMENT):
/// with EIO as on a device without checksums of its own, with EMSGSIZE as on a path that is too
/// narrow.
class NoSegmentation {
public:
    /// @param to  an IPv4 address, the only one that it is so for; null: all are
    explicit NoSegmentation(int error, const char* to = nullptr);
    ~NoSegmentation();
    NoSegmentation(const NoSegmentation&) = delete;
    NoSegmentation& operator=(const NoSegmentation&) = delete;
};

/// How many messages sendmmsg was given since the process began.
unsigned long messages_sent();

/// While it lives, connect fails with ENETUNREACH: there is no route.
class NoNetwork {
public:
    NoNetwork();
    ~NoNetwork();
    NoNetwork(const NoNetwork&) = delete;
    NoNetwork& operator=(const NoNetwork&) = delete;
};

/// While it lives, accept fails with EMFILE: the process has no descriptors left.
class NoDescriptors {
public:
    NoDescriptors();
    ~NoDescriptors();
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
};

}  // namespace reginfo::test
