#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "model/agent_report.h"
#include "model/delivery.h"
#include "ship/ledger.h"
#include "ship/line_queue.h"
#include "ship/loss_tally.h"
#include "ship/sample_outcome.h"

namespace vmtelem {

struct WriterOptions {
  std::size_t batch_max_lines = 2000;
  Nanoseconds batch_max_age = std::chrono::seconds(1);
  std::size_t batch_max_bytes = std::numeric_limits<std::size_t>::max();  // 4 MiB at most
  std::size_t writes_in_flight = 2;
  Nanoseconds retry_max = std::chrono::seconds(10);
  double backlog_rate = 10;  // old batches go at so many times the rate of new lines, see BacklogRateLimiter
  // A refusal of access or configuration while draining: true gives up at once (a cron job must end), false goes on
  // to the end of the drain time-out.
  bool drain_stops_on_hold = false;
  // The jitter of the back-off: uniform in [0, 1), called on the writer's thread. Empty: seeded by the system.
  std::function<double()> random;
};

struct WriterStats {
  std::uint64_t writes = 0, write_retries = 0;
  Nanoseconds write_latency{};
  SpoolStats spool;
  std::uint64_t open_bytes = 0;
  SteadyTime seen_at{};  // when the writer said so; a second ago at most, unless something blocks it
  // What keeps lines from being delivered now; none while all is well. After Run() it tells the worst that happened to
  // lines that were not written: why they were dropped or are left in the spool, else why they were rejected
  // (kRefusedData). None for lines that are left in the spool only because there were too many for the drain time-out.
  std::optional<Error> fault;
  std::optional<LossTally::Latest> rejected, lost;  // the last lines that were
};

// Moves lines from the queue through the batcher and the spool to the sink, and settles each outcome in the ledger.
// Run() is the body of the writer's thread; its only wait is Sink::Wait(). The other calls are for any thread.
class Writer {
 public:
  struct Parts {  // all must outlive the writer
    LineQueue& queue;
    Spool& spool;
    Sink& sink;
    Ledger& ledger;
    Clock& clock;
    SampleOutcome* sample = nullptr;  // is told what becomes of its lines
  };
  Writer(WriterOptions options, Parts parts, LoggerPtr log);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Returns when the queue is closed and all is delivered, or the drain time-out has passed: then what is in flight is
  // aborted, what the spool keeps stays there, and what only memory holds is counted as dropped.
  void Run();

  // Closes the queue and lets Run() deliver for at most `drain_timeout` from now.
  void Stop(Nanoseconds drain_timeout);

  [[nodiscard]] WriterStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vmtelem
