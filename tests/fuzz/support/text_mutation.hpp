/// @file
/// Mutations of any text: what the grammar-aware ones fall back on for a single value.
#pragma once

#include "tests/fuzz/support/chance.hpp"

#include <string>

namespace reginfo::fuzz {

/// Changes, adds, removes or repeats a few bytes.
void mutate_text(std::string& text, Chance& chance);

/// Some number as text: small, at a limit of an integer, beyond it, or with what does not belong.
std::string some_number(Chance& chance);

}  // namespace reginfo::fuzz
