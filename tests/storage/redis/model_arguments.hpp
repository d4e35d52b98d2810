/// @file
/// The arguments of a call of a function in ModelRedis, and how they are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {

/// An error reply: a first word that does not change, and a text for people.
struct ModelRefusal {
    std::string word;
    std::string text;
};

struct ModelToken {
    std::int64_t epoch = 0;
    std::string incarnation;
    std::string name;  ///< empty if the shard was released

    /// Empty parts if it is none.
    static ModelToken parse(std::string_view text);
    std::string text() const;
};

struct ModelLayouts {
    std::string text;
    std::int64_t least = 0;
    std::int64_t most = 0;
};

struct ModelWrite {
    std::string kind;  ///< "+a" and so on
    std::string key;
    std::string value;
};

/// Each function takes the next argument. @throw ModelRefusal  it is missing, or wrong
class ModelArguments {
public:
    explicit ModelArguments(const std::vector<std::string>& list) : list_(list) {}

    const std::string& text();
    std::int64_t number();
    const std::string& name();
    const std::string& incarnation();
    std::string shard();
    std::int64_t lease();
    ModelLayouts layouts();
    /// "epoch.incarnation.name" of this incarnation.
    const std::string& token(const std::string& incarnation);
    std::vector<ModelWrite> writes(std::int64_t count);

    bool is_over() const { return next_ == list_.size(); }
    void finish() const { require(is_over()); }

    /// @throw ModelRefusal  WRONG_ARGUMENT, unless it is good
    static void require(bool is_good);

private:
    const std::vector<std::string>& list_;
    std::size_t next_ = 0;
};

bool is_model_name(std::string_view text);

}  // namespace reginfo::test
