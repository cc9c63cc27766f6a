#include "base/shard.h"

#include "base/text_hash.h"

namespace vmtelem {
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
