#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace vmtelem {

// The series (this measurement of this VM) of which a line was isolated last and none was stored since. Later lines of
// them go apart from the others, which are stored meanwhile. No line is rejected for its series: each is tried. Holds
// at most kMost; poison of further series is found in each batch anew. Forgotten when the process ends. Writer's
// thread.
class KnownPoison {
 public:
  static constexpr std::size_t kMost = 10'000;

  void Learn(std::string_view line);
  void Forget(std::string_view line);
  [[nodiscard]] bool Has(std::string_view line) const;
  [[nodiscard]] bool empty() const { return series_.empty(); }

 private:
  std::unordered_set<std::string> series_;
};

}  // namespace vmtelem
