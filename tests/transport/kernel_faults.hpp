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

/// While it lives, accept fails with EMFILE: the process has no descriptors left.
class NoDescriptors {
public:
    NoDescriptors();
    ~NoDescriptors();
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
};

}  // namespace reginfo::test
