#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

namespace vmtelem {

class ThreadBudget;

// The permission to run a thread, given back when it is destroyed. Without a budget, or when it was moved from, it
// stands for nothing.
class ThreadPermit {
 public:
  ThreadPermit() = default;
  ThreadPermit(ThreadPermit&& other) noexcept;
  ThreadPermit& operator=(ThreadPermit&& other) noexcept;
  ~ThreadPermit();

 private:
  friend class ThreadBudget;
  ThreadPermit(std::shared_ptr<ThreadBudget> budget, std::size_t tasks);

  std::shared_ptr<ThreadBudget> budget_;
  std::size_t tasks_ = 0;
};

// How many threads the lanes of all sources may have, those that hang in a call included, so that hypervisors which
// hang take neither this process's threads nor its memory. A child that a lane starts counts like a thread, as it does
// for the system. Thread-safe; shared by all sources.
class ThreadBudget : public std::enable_shared_from_this<ThreadBudget> {
 public:
  // More than a process should have, whatever the system allows.
  static constexpr std::size_t kMost = 16'384;
  // Without a needed lane a hypervisor is not sampled. A spare one is for its next trouble.
  enum class Use { kNeeded, kSpare };

  explicit ThreadBudget(std::size_t most = kMost) : most_(most) {}

  // Nothing if there is no more: needed lanes may take all, spare ones no more than three quarters.
  std::optional<ThreadPermit> Take(Use use, std::size_t tasks);
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  friend class ThreadPermit;
  void GiveBack(std::size_t tasks);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::size_t taken_ = 0;
};

}  // namespace vmtelem
