#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace vmtelem {

// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from `a` to `b`.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The candidate that `word` was probably meant to be: at most one fault in three letters, and never more than three.
std::optional<std::string_view> NearestWord(std::string_view word, const std::vector<std::string_view>& candidates);

// The words of "v3, v2, v1".
std::vector<std::string_view> SplitWords(std::string_view list);

}  // namespace vmtelem
