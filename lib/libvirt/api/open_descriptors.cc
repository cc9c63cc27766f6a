#include "libvirt/api/open_descriptors.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <fcntl.h>

namespace vmtelem {

std::optional<int> DescriptorTableSize() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int size = 0;
    if (word == "FDSize:" && status >> size) return size;
  }
  return std::nullopt;
}

std::optional<std::size_t> CountOpenDescriptors(std::size_t limit) {
  const auto size = DescriptorTableSize();
  if (!size) return std::nullopt;
  const int end = static_cast<int>(std::min(limit, static_cast<std::size_t>(*size)));
  std::size_t open = 0;
  for (int descriptor = 0; descriptor < end; ++descriptor) open += ::fcntl(descriptor, F_GETFD) >= 0 ? 1 : 0;
  return open;
}

}  // namespace vmtelem
