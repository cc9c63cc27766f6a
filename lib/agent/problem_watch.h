#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace vmtelem {

// Finds out which missing readings are worth reporting: those that have been missing in several cycles in a row and for
// a while. A VM that is just starting or ending lacks part of its data for a cycle or two, which is no news,
// however many do so one after the other. State without a clock; one thread.
class ProblemWatch {
 public:
  static constexpr int kLastingCycles = 3;
  static constexpr Nanoseconds kLasting = std::chrono::seconds(2);

  struct News {
    std::vector<std::string> lasting;  // messages, each when it begins to last
    bool ended = false;                // every problem that was reported is over
  };
  // `problems` of one cycle. The same message in the next cycle is the same problem.
  News Watch(const std::vector<Error>& problems, SteadyTime now);

 private:
  struct Seen {
    SteadyTime since;
    int cycles = 0;
    bool reported = false;
  };
  std::map<std::string, Seen> seen_;  // by message
  bool any_reported_ = false;
};

}  // namespace vmtelem
