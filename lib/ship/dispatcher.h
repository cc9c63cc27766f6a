#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "model/write_answers.h"
#include "ship/deliveries.h"
#include "ship/delivery_log.h"
#include "ship/line_accounts.h"
#include "ship/send_order.h"
#include "ship/target_status.h"

namespace vmtelem {

// Takes batches from the spool to the sink, in the order of SendOrder, and decides what each answer means: for the
// lines that were sent, for those of other batches, and for how long what has to wait. Never waits itself. Writer's
// thread.
class Dispatcher {
 public:
  struct Counts {
    std::uint64_t writes = 0, write_retries = 0;
    Nanoseconds write_latency{};
    WriteAnswers answers;  // none of a target that has no answers: what it stores has no status
  };
  struct Parts {
    Spool& spool;
    Sink& sink;
    LineAccounts& accounts;
    DeliveryLog& log;
  };

  // All of these must outlive the dispatcher. `random` is uniform in [0, 1).
  Dispatcher(const DeliveryOptions& options, Parts parts, const std::function<double()>& random)
      : parts_(parts),
        target_(options, [&random] { return random(); }),
        order_(options, parts.spool, target_, deliveries_, random) {}
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // A batch was just sealed and waits in the spool.
  void Sealed(SpooledBatch added, SteadyTime now) { order_.Sealed(std::move(added), now); }
  // There may be more in the spool than was sealed here.
  void MoreCame() { order_.waiting().MoreCame(); }
  // These batches, which were taken from the spool, are durable no more: only memory holds them.
  void Displaced(const std::vector<std::uint64_t>& ids);
  void Start(SteadyTime now);
  void Completed(const Completion& completion, SteadyTime now);

  // After Start(): a batch that is sealed now would be sent now.
  [[nodiscard]] bool HasRoom(SteadyTime now) const { return order_.HasRoom(now); }
  // After Start(): when there may be more to start although nothing has completed.
  [[nodiscard]] std::optional<SteadyTime> NextStart(SteadyTime now) const { return order_.NextStart(now); }
  // For draining: what waits is tried at once and at full speed, and no wait is longer than `cap`.
  void Hasten(SteadyTime now, Nanoseconds cap);
  // Breaks off what is in flight; its lines wait again.
  void Abort();
  // Tries to put on disk what was taken from the spool and only memory holds, at most so many batches; lines that were
  // settled are left out. What is in flight stays so.
  void MakeDurable(std::size_t most);

  [[nodiscard]] bool idle() const { return deliveries_.all().empty() && order_.waiting().empty(); }
  [[nodiscard]] std::size_t in_flight() const { return deliveries_.CountRequests(); }
  [[nodiscard]] bool held() const { return target_.held(); }
  [[nodiscard]] const std::optional<Error>& fault() const { return target_.fault(); }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  // A request that is over, and what came of it.
  struct Answer {
    Request request;
    const Verdict& verdict;
    SteadyTime at;
  };

  void Send(InFlight& delivery);
  void CountAnswer(const Completion& completion);
  void NoteTarget(const InFlight& delivery, const Answer& answer);
  void NoteOthers(const InFlight& delivery, const Answer& answer);
  void SetPace(InFlight& delivery, const Answer& answer, const Step& step);
  void ForgetDone();

  const Parts parts_;
  TargetStatus target_;
  Deliveries deliveries_;
  SendOrder order_;
  TransferId last_transfer_ = 0;
  Counts counts_;
};

}  // namespace vmtelem
