#include "base/text_hash.h"

namespace vmtelem {

// The finaliser of splitmix64.
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char each : text) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3;
  return hash;
}

// The upper 53 bits, which a double holds. Names that differ in their last letter have FNV values close to each other.
double PhaseOf(std::string_view name) { return static_cast<double>(Mix(HashOf(name)) >> 11U) * 0x1p-53; }

}  // namespace vmtelem
