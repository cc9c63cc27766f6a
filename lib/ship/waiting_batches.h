#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "model/delivery.h"
#include "model/delivery_options.h"

namespace vmtelem {

// The batches in the spool that were not sent yet: those just sealed, which are live, and all others, the backlog.
// Several that wait go as one request, since a database may take as long for a small one as for a large one. Writer's
// thread.
class WaitingBatches {
 public:
  using Parts = std::vector<SpooledBatch>;  // to be sent as one; all durable, or none
  struct Limit {                            // of the parts together; a single one may be larger
    std::size_t lines, bytes;
  };

  // Both outlive this.
  WaitingBatches(Spool& spool, const DeliveryOptions& options) : spool_(spool), options_(options) {}

  // `added` waits in the spool. The second one is for a batch that is sent now, so that it need not be read again.
  void Sealed(const SpooledBatch& added, SteadyTime now);
  void SealedToSend(SpooledBatch added, SteadyTime now);
  void MoreCame() { spool_empty_ = false; }  // batches that were not sealed here

  // Hand out the oldest of them. Empty if there are none.
  Parts TakeLive(SteadyTime now, Limit limit);
  Parts TakeBacklog(Limit limit);

  // The last look found nothing, and nothing was sealed since.
  [[nodiscard]] bool empty() const { return live_.empty() && backlog_empty(); }
  [[nodiscard]] bool backlog_empty() const { return spool_empty_ && !next_live_ && !next_old_; }

  // The last request that was taken from these was full, and they are not empty.
  [[nodiscard]] bool live_overflows() const { return live_was_full_ && (next_live_ || !live_.empty()); }
  [[nodiscard]] bool backlog_overflows() const { return backlog_was_full_ && !backlog_empty(); }

  // Puts on disk the batches that were looked at and did not fit, if only memory holds them and the disk takes them
  // now. Returns their lines.
  std::size_t MakeDurable();
  // Of the batches that were looked at and did not fit, those with these ids are durable no more. Returns their lines.
  std::size_t Displaced(const std::vector<std::uint64_t>& ids);

 private:
  static constexpr std::size_t kMaxLive = 256;
  struct Live {
    std::uint64_t id;
    SteadyTime sealed_at;
  };

  // After it was sealed: time for the requests of two batches, and for a pause or two.
  [[nodiscard]] Nanoseconds LiveFor() const { return 2 * options_.batch_max_age + std::chrono::seconds(5); }
  std::optional<SpooledBatch> NextLive(SteadyTime now);
  std::optional<SpooledBatch> NextOld();
  template <typename NextOne>
  Parts Join(std::optional<SpooledBatch>& kept, Limit limit, NextOne next);

  Spool& spool_;
  const DeliveryOptions& options_;
  std::deque<Live> live_;  // oldest first
  std::optional<SpooledBatch> next_live_, next_old_;
  bool live_was_full_ = false, backlog_was_full_ = false;
  bool spool_empty_ = false;
};

}  // namespace vmtelem
