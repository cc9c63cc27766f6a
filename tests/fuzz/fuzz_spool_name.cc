#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "spool/spool_name.h"
#include "spool/spool_target.h"

// Any name of a file is that of a batch in exactly one spelling or none, and any URL and database make a name that is
// one plain component of a path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = vmtelem::ParseSpoolName(text)) {
    if (name->lines == 0 || vmtelem::FormatSpoolName(*name) != text) std::abort();
  }
  const std::size_t middle = size / 2;
  vmtelem::InfluxTarget target;
  target.api = vmtelem::InfluxApi::kV2;
  target.url = text.substr(0, middle);
  target.database = target.org = text.substr(middle);
  const std::string name = vmtelem::SpoolTargetName(target);
  if (!vmtelem::IsSpoolTargetName(name) || name.find_first_of("/@") != std::string::npos) std::abort();
  return 0;
}
