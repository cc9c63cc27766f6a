#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "model/batch.h"
#include "model/delivery_options.h"

namespace vmtelem {

// Whether a batch that is sealed now could be sent now.
enum class Pace {
  kPrompt,  // yes: it is due when it has enough lines or is old enough
  kKeep,    // no, but a sealed batch is safer: it is due when it is old enough
  kGrow,    // no: it gains nothing by being sealed, so it grows to the most that one batch may be
};

// The open batch, to which lines are added until it is due. Has no clock. Writer's thread.
class Batcher {
 public:
  explicit Batcher(const DeliveryOptions& options) : options_(options) {}  // which outlive this

  void Add(Lines lines, SteadyTime now);
  [[nodiscard]] bool Due(SteadyTime now, Pace pace) const;
  // When it will be due by its age; nothing if age does not matter. The age counts from the first line. With a phase
  // of its own an agent's batches are due once in each batch age, at that part of it by the stamps of lines.
  [[nodiscard]] std::optional<SteadyTime> DueAt(Pace pace) const;
  // Seals the oldest lines, as many as one batch may hold, at least one. Not to be called when empty.
  Batch Take();

  [[nodiscard]] bool empty() const { return open_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return open_.bytes.size(); }

 private:
  [[nodiscard]] std::size_t MostLines() const { return std::max(Batch::kMostLines, options_.batch_max_lines); }
  [[nodiscard]] bool AtMost() const;
  [[nodiscard]] Nanoseconds MostAge() const;      // of the first line
  [[nodiscard]] std::size_t SizeOfFront() const;  // of as many lines as one batch may hold, at least one; in bytes

  const DeliveryOptions& options_;
  Lines open_;
  SteadyTime opened_at_{};
};

}  // namespace vmtelem
