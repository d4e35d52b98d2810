/// @file
/// Which extension elements can be told: those that the schemas known here allow.
#pragma once

#include "core/reginfo/namespaces.hpp"

namespace reginfo {

/// Why an element of another namespace, or one in it, makes a document invalid (RFC 3680 §5.4 takes
/// any, and what has a schema by that): a core element out of its place, a language that is none,
/// or a GRUU that is not as RFC 5628 §7 says. nullptr if it does not.
/// @param is_empty  it has neither text nor elements in it
const char* defect_of_extension(
    const xml::Name& name,
    const xml::Attributes& attributes,
    bool is_empty
);

}  // namespace reginfo
