#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "model/delivery.h"
#include "spool/dead_letters.h"
#include "spool/spool_contents.h"
#include "spool/spool_directory.h"
#include "spool/spool_lock.h"
#include "spool/spool_log.h"
#include "spool/spool_rate.h"
#include "spool/spool_reader.h"
#include "spool/spool_writer.h"

namespace vmtelem {

// A Spool whose store is the file system:
//
//   ROOT/<target>/lock                                              who delivers
//   ROOT/<target>/service                                           who is the service
//   ROOT/<target>/<first_ns>-<last_ns>-<lines>-<sequence>.lp.gz     a batch that waits
//   ROOT/<target>/damaged/  ROOT/<target>/rejected/                 for people; bounded
//
// The names are the index, the files are the state: what is there is not delivered, what is delivered is not there.
// A file that cannot be used is a loss, whose reason names it. No call fails: while the disk does not take batches,
// they are kept in memory and written as soon as it does (SpoolWriter). A batch that was handed out from memory is not
// written by the spool but by the caller that has it, since lines of it may be settled: see AddIfDurable(). While
// another process holds the lock batches are added, and that process delivers them, and keeps the bounds. A directory
// that goes away may come back (SpoolDirectory); batches that were handed out from it are displaced, and the caller is
// to keep them anew. What is still away when the process ends is dropped in the books; the files, wherever they are,
// are for the next process that finds them at its place. Files with more text than this program ever seals are handed
// out in parts (SpoolReader).
//
// Writer's thread. May block for as long as the disk does.
class DiskSpool final : public Spool {
 public:
  // The lock is tried again whenever it is not held; `clock` must outlive the spool.
  DiskSpool(const DiskSpoolOptions& options, SpoolLock lock, Clock& clock, const LoggerPtr& log);

  SpooledBatch Add(std::shared_ptr<const Batch> batch) override;
  std::optional<SpooledBatch> AddIfDurable(std::shared_ptr<const Batch> batch) override;
  bool AddInPlace(std::shared_ptr<const Batch> batch) override;
  std::optional<SpooledBatch> Take(std::uint64_t id) override { return reader_.Take(id); }
  bool HandOut(std::uint64_t id) override { return reader_.HandOut(id); }
  std::optional<SpooledBatch> Next() override { return reader_.Next(); }
  void Acknowledge(std::uint64_t id, const Unwritten& but = {}) override;
  void KeepRejected(std::string_view line, std::string_view reason) override;
  SpoolChanges CatchUp() override;
  void Tidy() override { writer_.JoinSome(); }
  std::vector<SpoolLoss> GiveUpAway() override;
  [[nodiscard]] SpoolStats stats() const override;
  [[nodiscard]] std::vector<std::string> UnreadablePaths() const override;

 private:
  using Id = SpoolIndex::Id;

  void Finish(Id id, const BatchOutcome& outcome);
  [[nodiscard]] std::optional<double> SecondsLeft();

  Clock& clock_;
  SpoolLog log_;
  SpoolContents contents_;
  SpoolDirectory directory_;
  SpoolReader reader_;
  SpoolWriter writer_;
  SpoolRate rate_;
  std::optional<double> seconds_left_;
  DeadLetters letters_;
};

}  // namespace vmtelem
