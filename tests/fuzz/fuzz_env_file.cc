#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/env_file.h"

// Any bytes give entries with the name of a variable and a line of the file, and faults of one line each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = vmtelem::ParseEnvFile({reinterpret_cast<const char*>(data), size}, "env");
  std::size_t line = 0;
  for (const auto& entry : file.entries) {
    const bool is_name = !entry.name.empty() && std::isdigit(static_cast<unsigned char>(entry.name[0])) == 0;
    const bool is_one_line = entry.value.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
    if (!is_name || !is_one_line || entry.line <= line) std::abort();
    line = entry.line;
  }
  for (const auto& fault : file.faults) {
    if (fault.find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
