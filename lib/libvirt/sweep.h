#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"

namespace vmtelem {

// How far a sweep over some VMs has come, while it goes on: it may not come back. Thread-safe.
class SweepProgress {
 public:
  // A VM that has a command at its monitor, and for how long.
  struct Blocked {
    std::string uuid;
    Nanoseconds blocked{};
  };

  // The next call, which is about the VM of that index.
  void Begin(std::size_t index);
  void NoteBlocked(Blocked blocked);

  // The VM that is being asked, or was last.
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
