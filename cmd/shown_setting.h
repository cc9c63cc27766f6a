#pragma once

#include <optional>
#include <string>

#include "config/load.h"

namespace vmtelem {

// How much of a URL is shown, which may hold a password.
enum class Urls {
  kHidden,
  kMasked,  // all but user and password
};

// The value of a setting as it may be shown, absent if there is none. Never a secret.
std::optional<std::string> Shown(const EffectiveSetting& row, Urls urls);

}  // namespace vmtelem
