/// @file
/// Faults of the kernel that loopback and a test's limits do not produce: system calls of this
/// process, replaced.
#pragma once

namespace reginfo::test {

/// While it lives, sendmmsg fails with EAGAIN: the send buffer is full.
class FullKernel {
public:
    FullKernel();
    ~FullKernel();
    FullKernel(const FullKernel&) = delete;
    FullKernel& operator=(const FullKernel&) = delete;
};

/// While it lives, sendmmsg fails with EIO where datagrams are to be cut out of a message
/// (UDP_SEGMENT): as on a device without checksums of its own.
class NoSegmentation {
public:
    NoSegmentation();
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
