/// @file
/// Where an identity is registered: as an AOR of its own, or in the implicit registration set that
/// is published for another one (TS 24.229 §5.4.2.1.1).
#pragma once

#include "core/event/records/aor.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/open_shards.hpp"

#include <string>
#include <string_view>

namespace reginfo {

/// What a subscription is to, canonical, wherever that is registered.
std::string identity_of(const Subscription& subscription);
/// The same by how its watcher wrote it.
std::string identity_of(std::string_view aor_text);

/// Whether it has an active contact there. @param identity  canonical, here and below
bool is_registered_in(const Aor& aor, std::string_view identity);

/// The AOR in whose set it has one; null if there is none. An AOR of that name comes first. Of
/// several sets it is the one in which its registration lasts longest, which is the one that was
/// registered or refreshed last where all are for the same time.
Aor* registered_in(AorTable& aors, const OpenShards& shards, std::string_view identity);

/// Whether the subscription ends because nothing that it is about is registered any more, where its
/// profile needs that.
bool has_lost_its_contacts(const Subscription& subscription);

}  // namespace reginfo
