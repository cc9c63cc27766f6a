#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "model/batch.h"
#include "model/delivery.h"
#include "ship/ledger.h"

namespace vmtelem {

// Encoded lines between the collectors and the writer. Bounded in bytes: over the bound the oldest are dropped and
// counted, so collecting never waits for delivery. Thread-safe.
class LineQueue {
 public:
  // `wake` is called after each Push() and Close(), on the caller's thread and without a lock.
  LineQueue(std::uint64_t max_bytes, Ledger& ledger, std::function<void()> wake);

  // Takes lines that were just sampled, and counts them as such in the ledger. After Close() they are dropped and
  // counted.
  void Push(Lines lines);
  // All that is waiting.
  Lines TakeAll();
  // The lines that were dropped to keep the bound since the last call; the ledger counts them already. Nothing if there
  // are none.
  std::optional<SpoolLoss> TakeDropped();
  void Close();
  [[nodiscard]] bool closed() const;
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  std::uint64_t DropOldest();  // until the bound is kept; how many lines
  void NoteDropped(const Lines& from, std::uint64_t lines);

  const std::uint64_t max_bytes_;
  Ledger& ledger_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<Lines> waiting_;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
  std::optional<SpoolLoss> dropped_;
};

}  // namespace vmtelem
