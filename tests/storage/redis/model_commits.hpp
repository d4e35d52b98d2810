/// @file
/// The functions of ModelRedis that write records.
#pragma once

#include "tests/storage/redis/model_cluster.hpp"

namespace reginfo::test {

/// @throw ModelRefusal  nothing was changed then
RedisReply model_commit(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_handoff(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_load(ModelCluster& cluster, ModelArguments& arguments);

}  // namespace reginfo::test
