#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include "base/result.h"

namespace vmtelem {

class DescriptorBudget;

// The descriptors that an attempt to connect may open; held until the attempt is over. Empty when it was moved from.
class DescriptorClaim {
 public:
  DescriptorClaim(DescriptorClaim&& other) noexcept;
  DescriptorClaim& operator=(DescriptorClaim&& other) = delete;
  ~DescriptorClaim();

 private:
  friend class DescriptorBudget;
  DescriptorClaim(std::shared_ptr<DescriptorBudget> budget, std::size_t count);

  std::shared_ptr<DescriptorBudget> budget_;
  std::size_t count_;
};

// Keeps attempts to connect from taking the process's last descriptors. GLib, which libvirt makes a pipe of its own
// with for each connection, ends the process when there is none for it; and the spool and the database need some. Looks
// at what is open and at the limit each time, since both change from outside. Thread-safe; shared by all sources.
class DescriptorBudget : public std::enable_shared_from_this<DescriptorBudget> {
 public:
  // `reserve`: so many descriptors are left to everything but connections.
  explicit DescriptorBudget(std::size_t reserve = 0) : reserve_(reserve) {}

  // kCannotCreate, with the numbers and what to do, if fewer than `count` are left.
  Result<DescriptorClaim> Claim(std::size_t count);

 private:
  friend class DescriptorClaim;
  void GiveBack(std::size_t count);

  const std::size_t reserve_;
  std::mutex mutex_;
  std::size_t claimed_ = 0;  // by attempts that are under way
};

}  // namespace vmtelem
