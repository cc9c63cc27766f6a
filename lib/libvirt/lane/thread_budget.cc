#include "libvirt/lane/thread_budget.h"

#include <utility>

namespace vmtelem {

ThreadPermit::ThreadPermit(std::shared_ptr<ThreadBudget> budget, std::size_t tasks)
    : budget_(std::move(budget)), tasks_(tasks) {}

ThreadPermit::ThreadPermit(ThreadPermit&& other) noexcept
    : budget_(std::move(other.budget_)), tasks_(std::exchange(other.tasks_, 0)) {}

ThreadPermit& ThreadPermit::operator=(ThreadPermit&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(tasks_, other.tasks_);
  return *this;
}

ThreadPermit::~ThreadPermit() {
  if (budget_ != nullptr) budget_->GiveBack(tasks_);
}

std::optional<ThreadPermit> ThreadBudget::Take(Use use, std::size_t tasks) {
  const std::lock_guard guard(mutex_);
  const std::size_t most = use == Use::kNeeded ? most_ : most_ - most_ / 4;
  if (taken_ + tasks > most) return std::nullopt;
  taken_ += tasks;
  return ThreadPermit(shared_from_this(), tasks);
}

void ThreadBudget::GiveBack(std::size_t tasks) {
  const std::lock_guard guard(mutex_);
  taken_ -= tasks;
}

}  // namespace vmtelem
