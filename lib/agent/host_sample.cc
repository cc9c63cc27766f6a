#include "agent/host_sample.h"

#include <utility>

namespace vmtelem {

std::unique_ptr<HostSample> SamplePool::Take() {
  {
    const std::lock_guard guard(mutex_);
    if (!free_.empty()) {
      auto sample = std::move(free_.back());
      free_.pop_back();
      return sample;
    }
  }
  return std::make_unique<HostSample>();
}

std::shared_ptr<const HostSample> SamplePool::Share(std::unique_ptr<HostSample> sample) {
  return {sample.release(),
          [pool = shared_from_this()](HostSample* read) { pool->GiveBack(std::unique_ptr<HostSample>(read)); }};
}

// One is being written and one is shown; a third one is there only for a reader that takes long.
void SamplePool::GiveBack(std::unique_ptr<HostSample> sample) {
  const std::lock_guard guard(mutex_);
  if (free_.empty()) free_.push_back(std::move(sample));
}

}  // namespace vmtelem
