/// @file
/// The core's values as JSON, as openapi.json describes them.
#pragma once

#include "core/inspection.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace reginfo::metrics {

using Json = nlohmann::ordered_json;

Json to_json(const ContactView& contact);
Json to_json(const PublicationView& publication);
Json to_json(const RegistrationView& registration);
Json to_json(const SubscriptionView& subscription);
Json to_json(const RegistrationDetails& details);

/// In one line; bytes that are not UTF-8 are replaced.
std::string dump(const Json& json);

}  // namespace reginfo::metrics
