#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "model/delivery.h"
#include "spool/read_retries.h"
#include "spool/spool_contents.h"
#include "spool/spool_directory.h"
#include "spool/spool_log.h"

namespace vmtelem {

// Hands out the batches of a spool, whole or in parts, and decides what becomes of one whose file cannot be read: it is
// tried again, or lost, and a damaged file is moved aside. A batch on the disk is handed out only while this process
// delivers. Writer's thread; what it refers to must outlive it. Blocks as long as the disk does.
class SpoolReader {
 public:
  using Id = SpoolIndex::Id;

  SpoolReader(SpoolContents& contents, SpoolDirectory& directory, Clock& clock, SpoolLog& log)
      : contents_(contents), directory_(directory), clock_(clock), log_(log) {}

  // As the port says.
  std::optional<SpooledBatch> Take(Id id);
  bool HandOut(Id id);
  std::optional<SpooledBatch> Next();

 private:
  bool PostponeIfElsewhere(Id id);
  std::optional<SpooledBatch> Read(Id id);
  std::shared_ptr<const Batch> Load(Id id);
  [[nodiscard]] Result<std::shared_ptr<const Batch>> ReadFile(const SpoolName& name) const;
  void BeginParts(Id id);
  std::optional<SpooledBatch> NextPart();
  void RetryOrLose(Id id, const Error& fault);
  bool CountFailure(const SpoolName& name, ErrorCode fault);

  SpoolContents& contents_;
  SpoolDirectory& directory_;
  Clock& clock_;
  SpoolLog& log_;
  ReadRetries retries_;
};

}  // namespace vmtelem
