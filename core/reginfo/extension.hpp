/// @file
/// Which extension elements are passed on: those that their schemas allow, where known.
#pragma once

#include "core/reginfo/namespaces.hpp"

namespace reginfo {

/// Why an element of another namespace, or an element in it, makes a document invalid: a core
/// element out of its place, a malformed language, or a GRUU against RFC 5628 §7. nullptr if it is
/// valid: RFC 3680 §5.4 allows any element, and checks those that have a schema.
/// @param is_empty  the element has neither text nor elements
const char* defect_of_extension(
    const xml::Name& name,
    const xml::Attributes& attributes,
    bool is_empty
);

}  // namespace reginfo
