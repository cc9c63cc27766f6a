#include "libvirt/api/descriptor_budget.h"

#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include "libvirt/api/open_descriptors.h"

namespace vmtelem {
namespace {

std::size_t SoftLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 0;
}

}  // namespace

DescriptorClaim::DescriptorClaim(std::shared_ptr<DescriptorBudget> budget, std::size_t count)
    : budget_(std::move(budget)), count_(count) {}

DescriptorClaim::DescriptorClaim(DescriptorClaim&& other) noexcept
    : budget_(std::move(other.budget_)), count_(std::exchange(other.count_, 0)) {}

DescriptorClaim::~DescriptorClaim() {
  if (budget_ != nullptr) budget_->GiveBack(count_);
}

// An attempt that is under way may be counted twice, for what it has opened and for what it has claimed.
Result<DescriptorClaim> DescriptorBudget::Claim(std::size_t count) {
  const std::lock_guard guard(mutex_);
  const std::size_t limit = SoftLimit();
  const std::size_t open = CountOpenDescriptors(limit).value_or(limit);
  if (open + claimed_ + count + reserve_ <= limit) {
    claimed_ += count;
    return DescriptorClaim(shared_from_this(), count);
  }
  return Fail(
      ErrorCode::kCannotCreate,
      fmt::format("this process has {} of {} descriptors open, connects elsewhere with {}, and keeps {} for the "
                  "spool and the database",
                  open, limit, claimed_, reserve_),
      "raise 'ulimit -n', or LimitNOFILE= of the unit");
}

void DescriptorBudget::GiveBack(std::size_t count) {
  const std::lock_guard guard(mutex_);
  claimed_ -= count;
}

}  // namespace vmtelem
