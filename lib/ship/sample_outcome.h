#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "model/batch_outcome.h"
#include "model/delivery.h"
#include "ship/poison_search.h"

namespace vmtelem {

// Follows the lines of one sample to what becomes of them, also where they go in one batch with lines of others: they
// are known by their texts. Writer's thread.
class SampleOutcome {
 public:
  explicit SampleOutcome(Lines sample);
  SampleOutcome(const SampleOutcome&) = delete;  // the texts are where they are
  SampleOutcome& operator=(const SampleOutcome&) = delete;

  // The database has stored this but for what the verdict names.
  void Stored(const Batch& sent, const Verdict& verdict);
  void Rejected(const Rejection& rejection);
  void Lost(const SpoolLoss& loss);
  // Lines that no spool took. They are of the sample, since the lines that others left are in the spool.
  void LostFromMemory(std::uint64_t lines) { lost_ += lines; }

  // As far as it is known. `reason` is that of the last rejection of one of its lines.
  [[nodiscard]] BatchOutcome outcome() const;

 private:
  [[nodiscard]] bool MayHold(std::int64_t first_wall_ns, std::int64_t last_wall_ns) const;

  const Batch sample_;
  std::unordered_set<std::string_view> open_;  // neither stored nor rejected
  std::uint64_t written_ = 0, rejected_ = 0, lost_ = 0;
  std::string reason_;
};

}  // namespace vmtelem
