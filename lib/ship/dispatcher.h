#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "ship/backlog_rate_limiter.h"
#include "ship/batch_delivery.h"
#include "ship/delivery_log.h"
#include "ship/known_poison.h"
#include "ship/ledger.h"
#include "ship/reserved_slot.h"
#include "ship/sample_outcome.h"
#include "ship/size_limit.h"
#include "ship/target_backoff.h"
#include "ship/target_health.h"
#include "ship/waiting_batches.h"

namespace vmtelem {

// Takes batches from the spool to the sink: decides which one is sent when, and settles each outcome in the ledger, the
// spool and the log. Live batches go first, oldest first; beside them, in all slots but the last free one, go the
// backlog at a bounded rate and batches that may hold a line at fault. Never waits. Writer's thread.
class Dispatcher {
 public:
  struct Parts {  // all must outlive the dispatcher, and so must the options
    Spool& spool;
    Sink& sink;
    Ledger& ledger;
    DeliveryLog& log;
    SampleOutcome* sample = nullptr;  // that is followed, if one is
    std::function<double()> random;   // uniform in [0, 1)
  };
  struct Counts {
    std::uint64_t writes = 0, write_retries = 0;
    Nanoseconds write_latency{};
  };

  Dispatcher(const DeliveryOptions& options, Parts parts);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // A batch was just sealed and is in the spool.
  void Sealed(std::uint64_t id, std::size_t lines, SteadyTime now);
  // There may be more in the spool than was sealed here.
  void MoreCame() { waiting_.MoreCame(); }
  // These batches, which were taken from the spool, are durable no more: only memory holds them.
  void Displaced(const std::vector<std::uint64_t>& ids);
  void Start(SteadyTime now);
  void Settle(const Completion& completion, SteadyTime now);

  // After Start(): a batch that is sealed now would be sent now.
  [[nodiscard]] bool HasRoom(SteadyTime now) const;
  // After Start(): when there may be more to start although nothing has completed.
  [[nodiscard]] std::optional<SteadyTime> NextStart(SteadyTime now) const;
  // For draining: what waits is tried at once and at full speed, and no wait is longer than `cap`.
  void Hasten(SteadyTime now, Nanoseconds cap);
  // Breaks off what is in flight; its lines wait again.
  void Abort();
  // Tries to put on disk what was taken from the spool and only memory holds, at most so many batches; lines that were
  // settled are left out. What is in flight stays so.
  void MakeDurable(std::size_t most);

  [[nodiscard]] bool idle() const { return deliveries_.empty() && waiting_.empty(); }
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] bool held() const { return target_backoff_.state() == TargetBackoff::State::kHeld; }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  [[nodiscard]] const std::optional<Error>& last_rejection() const { return last_rejection_; }
  [[nodiscard]] Counts counts() const { return counts_; }

 private:
  enum class Priority { kLive, kBacklog, kSuspect };
  struct InFlight {
    InFlight(BatchDelivery of, bool is_live, Backoff own)
        : batch(std::move(of)), live(is_live), backoff(std::move(own)) {}

    // A line that a durable spool holds is there until it is settled, in flight or not.
    [[nodiscard]] Place waiting() const { return batch.durable() ? Place::kSpooled : Place::kQueued; }
    [[nodiscard]] Place flying() const { return batch.durable() ? Place::kSpooled : Place::kInFlight; }

    BatchDelivery batch;
    bool live;        // it was when it was taken from the spool
    Backoff backoff;  // of failures that are the batch's own
    SteadyTime not_before{};
    bool tried = false;      // what is sent next was sent before
    bool set_aside = false;  // others were stored since it failed first: they have not to wait for it
    std::optional<std::uint64_t> stored_at_failure;  // the first in a row, see TargetHealth::stored()
    TransferId last_sent = 0;
    TransferId newest_when_settled = 0;  // what was sent up to then tells nothing of afterwards
    std::optional<TransferId> transfer;
    std::shared_ptr<const Batch> sent;
    bool probing = false;  // what was sent last is none of its lines that wait
    TargetBackoff::Round round = 0;
    std::uint64_t stored_at_sending = 0;  // see TargetHealth::stored()
  };

  static Priority PriorityOf(const InFlight& delivery);
  [[nodiscard]] bool MayStart(SteadyTime now) const;
  [[nodiscard]] std::size_t SlotsOpen() const;
  struct Searches {  // what is searched, or waits for it, in memory
    std::size_t batches = 0, lines = 0;
    [[nodiscard]] bool full() const;
  };
  [[nodiscard]] Searches CountSearches() const;
  [[nodiscard]] bool TooManySearches() const;
  [[nodiscard]] bool HasRoomFor(Priority priority) const;
  [[nodiscard]] bool BacklogMayBeTaken(SteadyTime now) const;
  bool MayUseSlot(Priority priority, SteadyTime now);
  [[nodiscard]] std::array<Priority, 3> PriorityOrder() const;

  InFlight* Choose(SteadyTime now);
  InFlight* ChooseProbed(SteadyTime now);
  [[nodiscard]] bool HasAnotherTurn(Priority priority, const InFlight& ready) const;
  [[nodiscard]] InFlight* FirstReady(Priority priority, SteadyTime now) const;
  [[nodiscard]] InFlight* FirstReadySuspect(SteadyTime now) const;
  [[nodiscard]] InFlight* Searched() const;
  InFlight* Take(Priority priority, SteadyTime now);
  [[nodiscard]] WaitingBatches::Limit JoinLimit() const;
  Backoff OwnBackoff() {
    return Backoff([this] { return parts_.random(); });
  }
  void Send(InFlight& delivery);
  std::shared_ptr<const Batch> ProbeFor(InFlight& delivery);
  void Land(InFlight& delivery);
  Step SettleBatch(InFlight& delivery, const Verdict& verdict, bool stored_before);
  void NoteOthers(const Completion& completion, const InFlight& delivery, SteadyTime now);
  void Account(const Step& step, const InFlight& delivery, SteadyTime now);
  void SetPace(InFlight& delivery, const Step& step, const Verdict& verdict, SteadyTime now);
  void Pause(InFlight& delivery, Step::Delay delay, const Verdict& verdict, SteadyTime now);
  [[nodiscard]] bool IsItsOwn(const InFlight& delivery, const Verdict& verdict, SteadyTime now) const;
  void NoteAnswer(const Completion& completion, const InFlight& delivery, SteadyTime now);
  void NoteSize(const Verdict& verdict, const Batch& sent);
  void ForgetDone();
  void Acknowledge(const InFlight& delivery);
  [[nodiscard]] static std::size_t LinesInFlight(const InFlight& delivery);
  bool MakeDurable(InFlight& delivery);  // false: the spool does not take it
  void HandBackIfFull(InFlight& delivery);
  void NoteFailure(InFlight& delivery);
  [[nodiscard]] std::uint64_t WaitingLines() const;

  const DeliveryOptions& options_;
  Parts parts_;
  TargetBackoff target_backoff_;
  WaitingBatches waiting_;
  BacklogRateLimiter backlog_limiter_;
  TargetHealth health_;
  KnownPoison known_;
  ReservedSlot reserved_slot_;
  std::vector<std::unique_ptr<InFlight>> deliveries_;  // in the order in which they were taken
  Priority last_beside_ = Priority::kBacklog;
  bool live_went_last_ = false;
  bool draining_ = false;
  std::size_t probes_ = 0;
  TransferId last_transfer_ = 0;
  SizeLimit size_limit_;
  std::optional<Error> fault_, last_rejection_;
  Counts counts_;
};

}  // namespace vmtelem
