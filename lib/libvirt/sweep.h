#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"

namespace vmtelem {

// The progress of a sweep over some VMs, readable while it goes on, since the sweep may never return. Thread-safe.
class SweepProgress {
 public:
  // A VM whose monitor has been busy with one command, and for how long.
  struct Blocked {
    std::string uuid;
    Nanoseconds blocked{};
  };

  // The next call begins; it asks the VM of that index.
  void Begin(std::size_t index);
  void NoteBlocked(Blocked blocked);

  // The index of the VM that is being asked or was asked last.
  [[nodiscard]] std::size_t at() const;
  // How many calls have begun.
  [[nodiscard]] std::size_t calls() const;
  [[nodiscard]] std::vector<Blocked> blocked() const;

 private:
  mutable std::mutex mutex_;
  std::size_t at_ = 0;
  std::size_t calls_ = 0;
  std::vector<Blocked> blocked_;
};

}  // namespace vmtelem
