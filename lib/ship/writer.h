#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "model/agent_report.h"
#include "model/delivery.h"
#include "model/delivery_options.h"
#include "model/write_answers.h"
#include "ship/batcher.h"
#include "ship/delivery_log.h"
#include "ship/dispatcher.h"
#include "ship/ledger.h"
#include "ship/line_accounts.h"
#include "ship/line_queue.h"
#include "ship/loss_tally.h"
#include "ship/sample_outcome.h"

namespace vmtelem {

// How a stop delivers what waits.
struct Drain {
  Nanoseconds timeout{};  // from the stop on
  // A refusal of access or configuration: true gives up at once (a cron job must end), false goes on to the end of the
  // time-out.
  bool stops_on_hold = false;
};

// What the writer says of itself, for reports.
struct WriterStats {
  std::uint64_t writes = 0, write_retries = 0;
  Nanoseconds write_latency{};
  WriteAnswers answers;
  SpoolStats spool;
  std::uint64_t open_bytes = 0;
  SteadyTime state_since{};  // when `fault` came or went last; the start before that
  SteadyTime seen_at{};      // when the writer wrote these; a second ago at most, unless something blocks it
  // What keeps lines from being delivered now; none while all is well. After Run() it is the worst that happened to
  // lines that were not written: why they were dropped or are left in the spool, else why they were rejected
  // (kRefusedData). None for lines that are left in the spool only because there were too many for the drain time-out.
  std::optional<Error> fault;
  std::optional<LossTally::Latest> rejected, lost;  // the last of each
};

// Moves lines from the queue through the batcher and the spool to the sink, and stops in time. Run() is the body of the
// writer's thread; it waits in Sink::Wait(), and for the disk of the spool. The other calls are for any thread.
class Writer {
 public:
  struct Parts {  // all must outlive the writer
    LineQueue& queue;
    Spool& spool;
    Sink& sink;
    Ledger& ledger;
    Clock& clock;
    SampleOutcome* sample = nullptr;                  // follows what becomes of its lines
    std::function<double()> random = SystemRandom();  // the jitter of the back-off: uniform in [0, 1)
  };
  // Reads `options`, which must outlive the writer, on the thread of Run() only.
  Writer(const DeliveryOptions& options, Parts parts, LoggerPtr logger);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Returns when the queue is closed and all is delivered, or the drain time-out has passed: then what is in flight is
  // aborted, what the spool keeps stays there, and what only memory holds is counted as dropped.
  void Run();

  // Closes the queue and lets Run() deliver what waits. A second call can shorten that and cannot extend it.
  void Stop(const Drain& drain);

  [[nodiscard]] WriterStats stats() const;

 private:
  struct Stopping {
    SteadyTime until;
    bool on_hold;  // or as soon as the target refuses everything
  };

  void Intake(SteadyTime now);
  void SealAndStart(SteadyTime now);
  void Seal(SteadyTime now);
  void KeepSpool(SteadyTime now);
  void NoteChanges(SteadyTime now);
  [[nodiscard]] Pace PaceAt(SteadyTime now) const;
  [[nodiscard]] bool Finished(SteadyTime now) const;
  [[nodiscard]] Nanoseconds Timeout(SteadyTime now) const;
  void PersistAll(SteadyTime now);
  void End();
  void Publish(const std::optional<Error>& fault);

  const Parts parts_;
  const LoggerPtr logger_;
  DeliveryLog log_;
  LineAccounts accounts_;
  Batcher batcher_;
  Dispatcher dispatcher_;
  std::optional<Stopping> drain_;  // the writer's own copy of `stop_`, from when it has noticed
  bool closed_ = false;            // the queue was, when it was emptied last
  SteadyTime changes_due_{};

  mutable std::mutex mutex_;  // of the members below: the only state that other threads touch
  std::optional<Stopping> stop_;
  WriterStats stats_;
};

}  // namespace vmtelem
