#pragma once

#include <cstdint>
#include <string>

namespace vmtelem {

// "2026-11-27T10:50:00.123456": UTC without saying so, as the replaced system writes times. Pure.
std::string IsoTime(std::int64_t wall_ns);

}  // namespace vmtelem
