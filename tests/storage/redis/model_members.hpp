/// @file
/// The functions of ModelRedis by which nodes join, beat, claim and leave.
#pragma once

#include "tests/storage/redis/model_cluster.hpp"

namespace reginfo::test {

/// @throw ModelRefusal  nothing was changed then
RedisReply model_join(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_beat(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_claim(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_leave(ModelCluster& cluster, ModelArguments& arguments);
RedisReply model_look(ModelCluster& cluster, ModelArguments& arguments);

}  // namespace reginfo::test
