#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/batch.h"

namespace vmtelem {

// What is to be done with a batch after an attempt to deliver it. A value: deciding is apart from doing.
enum class Action {
  kAck,          // all lines are stored
  kAckPartly,    // stored but for the lines in `lines` and `unnamed_lines` more; never send it again
  kRemoveLines,  // nothing stored: take out the lines in `lines`, send the rest again
  kResend,       // send the same again at once; the sink has adapted (identity instead of gzip)
  kSplit,        // too large: halve
  kBisect,       // some line is bad and the server did not say which: halve down to it
  kRetry,        // not this time: back off
  kHold,         // configuration or credentials: nothing is lost, nothing else goes out, probe at the slowest pace
};

struct Verdict {
  Action action = Action::kAck;
  std::vector<std::size_t> lines;  // indices into the batch, sorted and unique
  std::size_t unnamed_lines = 0;
  ErrorCode cause = ErrorCode::kInternal;  // of any action but kAck
  std::string reason;                      // one line for people; never holds a secret, at most 20 bytes of a line
  std::string hint;                        // what to do about it; may be empty
  bool slow = false;                       // stored, but it took more than half of what a request may take
  bool batch_suspected = false;            // kRetry: the server had the lines when it failed, so they may be why
  std::optional<Nanoseconds> retry_after;  // as the server asked
};

using TransferId = std::uint64_t;

struct Completion {
  TransferId id = 0;
  Verdict verdict;
  Nanoseconds latency{};
};

// The port to a database. The writer's thread owns it and makes every call but Wake(). No call but Wait() blocks.
class Sink {
 public:
  virtual ~Sink() = default;

  // Begins to send. The batch is not copied. Exactly one Completion follows for each Start(), unless Abort() comes
  // first.
  virtual void Start(TransferId id, std::shared_ptr<const Batch> batch) = 0;

  // The single wait of the writer: until a transfer completes, Wake() is called, or `timeout` has passed.
  virtual std::vector<Completion> Wait(Nanoseconds timeout) = 0;

  // Ends the present or the next Wait() early. From any thread.
  virtual void Wake() noexcept = 0;

  // Breaks off every transfer; none of them completes. The server may or may not have stored them.
  virtual void Abort() = 0;
};

struct SpoolStats {
  std::uint64_t batches = 0, lines = 0, bytes = 0;
  bool durable = false;  // survives the process
};

struct SpooledBatch {
  std::uint64_t id = 0;
  std::shared_ptr<const Batch> batch;
};

// The port to the place where sealed batches wait. The writer's thread owns it. No call waits for the network.
class Spool {
 public:
  virtual ~Spool() = default;

  // Keeps the batch. Returns how many lines of older, undelivered batches it gave up to make room.
  virtual std::size_t Add(std::shared_ptr<const Batch> batch) = 0;

  // The next batch to deliver, each handed out once; nothing if none is left.
  virtual std::optional<SpooledBatch> Next() = 0;

  // Forgets a batch that Next() handed out: it is delivered or given up.
  virtual void Acknowledge(std::uint64_t id) = 0;

  [[nodiscard]] virtual SpoolStats stats() const = 0;
};

}  // namespace vmtelem
