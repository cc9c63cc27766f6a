#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace vmtelem {

// The parameters of a query, as forms write them: NAME=VALUE separated by '&', '%41' for a byte, '+' for a blank.
// Absent: an escape is none, or a text that comes of it is no UTF-8 or holds a NUL. Pure function.
std::optional<std::vector<HttpField>> ParseQuery(std::string_view query);

}  // namespace vmtelem
