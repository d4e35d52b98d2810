/// @file
/// Which prefixes stand for which namespaces at one place of a document.
#pragma once

#include "core/reginfo/namespaces.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace reginfo::xml {

/// A stack of bindings of prefixes. The default namespace has the empty prefix.
class Bindings {
public:
    static constexpr std::size_t kPredeclared = 1;  ///< `xml`, at the bottom of the stack

    Bindings();

    std::size_t size() const { return bindings_.size(); }
    void bind(std::string_view prefix, Namespace space) { bindings_.push_back({prefix, space}); }
    /// Removes all bindings made since size() had this value.
    void release(std::size_t size) { bindings_.resize(size); }

    /// Nothing if the prefix is not bound.
    std::optional<Namespace> find(std::string_view prefix) const;
    /// The namespace of that name; nothing if it is not bound.
    std::optional<Namespace> find_uri(std::string_view uri) const;

private:
    struct Binding {
        std::string_view prefix;
        Namespace space;
    };

    boost::container::small_vector<Binding, 8> bindings_;
};

}  // namespace reginfo::xml
