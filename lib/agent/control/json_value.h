#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace vmtelem {

// A value as the replaced system's keys have it, which are always there: null is not known.
template <class T>
nlohmann::ordered_json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace vmtelem
