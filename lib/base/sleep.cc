#include "base/sleep.h"

namespace vmtelem {

void SleepUntil(Clock& clock, SteadyTime deadline) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  clock.WaitUntil(lock, never, deadline, [] { return false; });
}

}  // namespace vmtelem
