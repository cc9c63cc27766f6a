#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/host_tags.h"
#include "base/clock.h"
#include "model/hypervisor.h"
#include "model/source.h"

namespace vmtelem {

// The hypervisors that a command asks once. Each is asked on a thread of its own, so that one that is slow or dead
// takes its own time-out and nobody else's. For one thread.
class HostCalls {
 public:
  using MakeSource = std::function<std::unique_ptr<Source>(const Hypervisor&)>;
  // Where there are more, each is asked so much later than the one before it: connecting costs a hypervisor and this
  // machine a burst of work.
  static constexpr std::size_t kAtOnce = 16;
  static constexpr Nanoseconds kStagger = std::chrono::milliseconds(10);

  // `clock` must outlive this.
  HostCalls(const std::vector<Hypervisor>& hypervisors, const MakeSource& make_source, Clock& clock);
  ~HostCalls();
  HostCalls(const HostCalls&) = delete;
  HostCalls& operator=(const HostCalls&) = delete;

  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] Source& source(std::size_t index) { return *hosts_[index].source; }

  // Calls `ask` with each index, at the same time, and closes each source when that has returned. Returns when all of
  // that is done. To be called once.
  void Ask(const std::function<void(std::size_t index)>& ask);

  // After Ask(): the host tag of each, in the order given; and how many calls have not returned, see Source::Close().
  [[nodiscard]] const std::string& tag(std::size_t index) const { return hosts_[index].tag; }
  [[nodiscard]] std::size_t unreturned_calls() const;

 private:
  struct Host {
    std::unique_ptr<Source> source;
    HostTags::Holder holder;
    std::string tag{};
    std::size_t unreturned_calls = 0;
  };

  Clock& clock_;
  HostTags tags_;
  std::vector<Host> hosts_;
};

}  // namespace vmtelem
