#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/delivery.h"
#include "ship/delivery_log.h"
#include "ship/gate.h"
#include "ship/ledger.h"
#include "ship/outgoing_batch.h"
#include "ship/size_limit.h"

namespace vmtelem {

// Takes batches from the spool to the sink: decides which one is sent when, and settles each outcome in the ledger, the
// spool and the log. Never waits. Writer's thread.
class Dispatcher {
 public:
  struct Parts {  // all must outlive the dispatcher
    Spool& spool;
    Sink& sink;
    Ledger& ledger;
    DeliveryLog& log;
  };
  struct Counts {
    std::uint64_t writes = 0, write_retries = 0;
    Nanoseconds write_latency{};
  };

  Dispatcher(std::size_t max_in_flight, Gate gate, Parts parts);

  void BatchSpooled() { spool_empty_ = false; }
  enum class Which {
    kUndoubted,  // not those that need evidence from others: a batch that is about to be sealed may give it
    kAll,
  };
  void Start(SteadyTime now, Which which);
  void Settle(const Completion& completion, SteadyTime now);

  // After Start() of the undoubted: a batch that is spooled now would be sent now.
  [[nodiscard]] bool HasRoom(SteadyTime now) const;
  // When there may be more to start although nothing has completed.
  [[nodiscard]] std::optional<SteadyTime> NextStart(SteadyTime now) const;
  // For draining: what waits is tried at once, and no wait is longer than `cap`.
  void Hasten(SteadyTime now, Nanoseconds cap);
  // Breaks off what is in flight; its lines wait again.
  void Abort();
  // Gives up all that waits. How many lines.
  std::uint64_t GiveUp();

  [[nodiscard]] bool idle() const { return outgoing_.empty() && spool_empty_; }
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] bool held() const { return gate_.state() == Gate::State::kHeld; }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  [[nodiscard]] const std::optional<Error>& last_rejection() const { return last_rejection_; }
  [[nodiscard]] Counts counts() const { return counts_; }
  // Where lines are that are sealed and not in flight.
  [[nodiscard]] Place waiting() const { return waiting_; }

 private:
  struct Outgoing {
    explicit Outgoing(SpooledBatch spooled) : batch(std::move(spooled)) {}

    OutgoingBatch batch;
    SteadyTime not_before{};
    bool tried = false;  // what is sent next was sent before
    std::optional<TransferId> transfer;
    std::shared_ptr<const Batch> sent;
    Gate::Round round = 0;
  };

  [[nodiscard]] bool MayStart(SteadyTime now) const;
  [[nodiscard]] std::size_t Room() const;
  [[nodiscard]] std::size_t SlotsOpen() const;
  Outgoing* Choose(SteadyTime now, Which which);
  Outgoing* Pull();
  void Send(Outgoing& outgoing);
  void Land(Outgoing& outgoing);
  void Account(const Step& step, const Verdict& verdict, SteadyTime now);
  void SetPace(Outgoing& outgoing, Step::Delay delay, const Verdict& verdict, SteadyTime now);
  void NoteAnswer(const Completion& completion, const Outgoing& outgoing, SteadyTime now);
  [[nodiscard]] std::uint64_t WaitingLines() const;

  const std::size_t max_in_flight_;
  Gate gate_;
  Parts parts_;
  const Place waiting_, flying_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;  // oldest first
  bool spool_empty_ = false;
  TransferId last_transfer_ = 0;
  std::uint64_t accepted_ = 0;  // requests of which the target stored something
  Trials trials_;
  SizeLimit size_limit_;
  std::optional<Error> fault_, last_rejection_;
  Counts counts_;
};

}  // namespace vmtelem
