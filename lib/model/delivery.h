#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/batch.h"

namespace vmtelem {

// What is to be done with a batch after an attempt to deliver it. A value: deciding is apart from doing.
enum class Action {
  kAck,        // all lines are stored
  kAckPartly,  // stored but for the lines in `lines`, which are fewer than all
  kRefuse,     // not all is stored, for the sake of lines or of the target: what becomes of other lines tells. `lines`
               // are those of which the server speaks, if any
  kResend,     // send the same again at once; the sink has adapted (identity instead of gzip)
  kSplit,      // too large: halve
  kRetry,      // not this time: back off
  kHold,       // the target refuses whatever comes (credentials, TLS): nothing is lost, nothing else goes out, probe at
               // the slowest pace
};

// What an attempt to deliver a batch came to, and why.
struct Verdict {
  Action action = Action::kAck;
  std::vector<std::size_t> lines;          // indices into the batch, sorted and unique
  ErrorCode cause = ErrorCode::kInternal;  // of any action but kAck
  std::string reason;                      // one line for people; never holds a secret, at most 20 bytes of a line
  std::string target_reason;               // likewise, if it is the target that is at fault; empty: the same
  std::string hint;                        // what to do about it if it is the target; may be empty
  bool slow = false;                       // stored, but it took more than half of what a request may take
  bool busy = false;                       // kRetry: the target asks for a pause
  bool silent = false;                     // kRetry: nobody answered
  bool batch_suspected = false;            // kRetry: the server had the lines when it failed, so they may be why
  std::optional<Nanoseconds> retry_after;  // as the server asked
};

using TransferId = std::uint64_t;

// A transfer that has ended.
struct Completion {
  TransferId id = 0;
  Verdict verdict;
  Nanoseconds latency{};
  int status = 0;  // of the answer, in the protocol of the target: for InfluxDB that of HTTP; 0: there is none
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

// What a spool holds now, and what hinders it.
struct SpoolStats {
  std::uint64_t batches = 0, lines = 0, bytes = 0;
  std::uint64_t memory_batches = 0, memory_bytes = 0;  // of these, what only memory holds
  std::uint64_t rejected_displaced_lines = 0;          // of those that KeepRejected() was given; by newer ones
  bool durable = false;                                // what is added now survives the process
  bool delivered_elsewhere = false;                    // another process delivers what is in it now
  std::uint64_t away_lines = 0;  // of those above: they went away with their directory, and wait until it is back
  std::uint64_t unreadable_batches = 0;  // likewise: they cannot be read now, and are tried again
  bool makes_room = false;               // by work of Tidy(): what only memory holds waits for it
  // After which it would be full if nothing were delivered, at the rate at which batches came lately. Absent: no rate
  // is known, or no bound that this process keeps to.
  std::optional<double> seconds_left{};
  std::optional<std::string> trouble{};  // why the last batch is not on the disk
};

// A batch in a spool.
struct SpooledBatch {
  std::uint64_t id = 0;
  std::shared_ptr<const Batch> batch;
  bool durable = false;  // this batch survives the process
};

// The lines of a batch that are not stored although it is settled.
struct Unwritten {
  std::size_t rejected = 0;
  std::size_t moved = 0;  // they are in the spool as part of another batch
};

// Lines that a spool gave up, which nobody will ever deliver.
struct SpoolLoss {
  std::size_t lines = 0;
  bool durable = false;  // they were counted as spooled
  std::int64_t first_wall_ns = 0, last_wall_ns = 0;
  std::string reason;  // one line for people: "the spool is full", "FILE is damaged and was moved to ..."
  std::size_t batches = 1;
};

// Of lines that no spool on a disk holds, where one part of the memory for them is full.
constexpr const char* kNoMemoryReason = "the memory for lines that wait is full, the oldest were dropped";

// What became of batches beside the calls that tell it themselves.
struct SpoolChanges {
  std::size_t recovered_lines = 0;  // another process left them: they are in the spool now
  std::size_t persisted_lines = 0;  // they survive the process now; until now only memory held them
  // Of those that survive it: another process, which delivers from this spool, had them stored, or refused.
  std::size_t written_lines = 0, rejected_lines = 0;
  std::size_t handed_over_lines = 0;  // likewise; that process keeps them in other batches, or has not said
  std::vector<SpoolLoss> losses;
  // What was not handed out, since another process delivered or it was out of reach, is now.
  bool released = false;
  std::vector<std::uint64_t> displaced;  // these were handed out and are durable no more, as far as can be seen
};

// The port to the place where sealed batches wait. The writer's thread owns it. No call waits for the network; any
// may wait for the disk.
class Spool {
 public:
  virtual ~Spool() = default;

  // Keeps the batch, at the cost of older ones if there is no room, or of itself where the disk has none: see
  // CatchUp(). Returns it as it is kept, with its gzip if there is one, not handed out. If it is durable, it is on disk
  // when this returns.
  virtual SpooledBatch Add(std::shared_ptr<const Batch> batch) = 0;

  // The same if it is on disk when this returns; else nothing has changed. For batches that were handed out, which the
  // caller holds meanwhile.
  virtual std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> batch) = 0;

  // The same for what is left of durable batches that were handed out, and are acknowledged next: gives up nothing for
  // it.
  virtual bool AddInPlace(std::shared_ptr<const Batch> batch) = 0;

  // Hands out the batch with this id; nothing if it was handed out or given up.
  virtual std::optional<SpooledBatch> Take(std::uint64_t id) = 0;
  // The same for a caller that still holds the batch, which is not read again. False: nothing was handed out.
  virtual bool HandOut(std::uint64_t id) = 0;
  // Hands out the oldest batch that was not handed out; nothing if there is none.
  virtual std::optional<SpooledBatch> Next() = 0;

  // Forgets a batch that was handed out: all its lines are stored, but for these.
  virtual void Acknowledge(std::uint64_t id, const Unwritten& but = {}) = 0;

  // Keeps a line that the target refused, for people to look at. Bounded: the oldest of them go first.
  virtual void KeepRejected(std::string_view line, std::string_view reason) = 0;

  // Does what is due beside the other calls: looks for batches that other processes left, keeps the bounds, and writes
  // to disk what could not be written before. Returns what changed since the last time, to be accounted for in the
  // order of the fields. To be called after every Add() and every second or so.
  virtual SpoolChanges CatchUp() = 0;

  // A bounded piece of work on what waits that may as well not be done, such as joining small batches. To be called now
  // and then; when the process ends, only while what memory holds waits for the room that it makes.
  virtual void Tidy() {}

  // The process ends: gives up what was durable and is out of reach now, or removed by somebody.
  virtual std::vector<SpoolLoss> GiveUpAway() { return {}; }

  [[nodiscard]] virtual SpoolStats stats() const = 0;
  // Files of batches that cannot be read now, and wait.
  [[nodiscard]] virtual std::vector<std::string> UnreadablePaths() const { return {}; }
};

}  // namespace vmtelem
