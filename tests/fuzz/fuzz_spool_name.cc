#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ship/spool_name.h"
#include "ship/spool_target.h"

// Any name of a file is that of a batch in exactly one spelling or none, and any URL and database make a name that is
// one plain component of a path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = vmtelem::ParseSpoolName(text)) {
    if (name->lines == 0 || vmtelem::FormatSpoolName(*name) != text) std::abort();
  }
  const std::size_t middle = size / 2;
  const std::string target =
      vmtelem::SpoolTargetName(vmtelem::InfluxApi::kV3, text.substr(0, middle), text.substr(middle));
  if (!vmtelem::IsSpoolTargetName(target) || target.find_first_of("/@") != std::string::npos) std::abort();
  return 0;
}
