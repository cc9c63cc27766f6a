#include "base/shard.h"

namespace vmtelem {
namespace {

// FNV-1a, of which the value for a text is the same in every build: http://www.isthe.com/chongo/tech/comp/fnv/
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char each : text) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3;
  return hash;
}

// Spreads what differs in few bits (the finaliser of splitmix64).
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

}  // namespace

bool Shard::Has(std::string_view name) const {
  const std::uint64_t hash = HashOf(name);
  std::uint32_t chosen = 1;
  std::uint64_t highest = 0;
  for (std::uint32_t process = 1; process <= count; ++process) {
    const std::uint64_t weight = Mix(hash ^ Mix(process));
    if (weight >= highest) {
      highest = weight;
      chosen = process;
    }
  }
  return chosen == index;
}

}  // namespace vmtelem
