#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/delivery.h"
#include "ship/delivery_log.h"
#include "ship/in_flight.h"
#include "ship/ledger.h"
#include "ship/sample_outcome.h"

namespace vmtelem {

// Enters what becomes of lines in the ledger, the spool, the log and the sample that is followed, if one is, so that
// all of them say the same. Writer's thread.
class LineAccounts {
 public:
  // All must outlive this. `sample` may be null.
  LineAccounts(Spool& spool, Ledger& ledger, DeliveryLog& log, SampleOutcome* sample)
      : spool_(spool), ledger_(ledger), log_(log), sample_(sample) {}

  // A request of the delivery begins, is over, and was stored but for what the verdict names.
  void Sent(const InFlight& delivery);
  void Landed(const InFlight& delivery);
  void Stored(const Request& request, const Verdict& verdict);
  // Lines of the delivery are written or rejected.
  void Settled(const Step& step, const InFlight& delivery, SteadyTime now);
  // The spool need not keep its batches any more.
  void Acknowledge(const BatchDelivery& batch);

  // Lines that are in no delivery yet: the spool holds them no more, only memory does; or it does again.
  void Displaced(std::size_t lines) { ledger_.Move(&LineCounts::spooled, &LineCounts::queued, lines); }
  void Persisted(std::size_t lines) { ledger_.Move(&LineCounts::queued, &LineCounts::spooled, lines); }
  // The spool holds these batches no more, so if the delivery is of one of them only memory holds it.
  void Displaced(const std::vector<std::uint64_t>& ids, InFlight& delivery);
  // All that is left of the delivery goes into one file, or nothing if the spool does not take it: then false.
  bool MakeDurable(InFlight& delivery);
  // What is left of it waits in the spool from now on. False if that would not be as safe as it is.
  bool HandBack(const InFlight& delivery);

  // What became of batches in the spool, but for those that were recovered or displaced.
  void Changed(const SpoolChanges& changes, SteadyTime now);
  void Recovered(std::size_t lines, SteadyTime now);
  void Lost(const std::vector<SpoolLoss>& losses, SteadyTime now);
  // Lines that came to no batch; the ledger counts them already.
  void LostFromQueue(const SpoolLoss& loss, SteadyTime now);
  // The process ends: what only memory holds is lost.
  void DropQueued();

  [[nodiscard]] std::uint64_t waiting_lines() const;
  [[nodiscard]] const std::optional<Error>& last_rejection() const { return last_rejection_; }

 private:
  Spool& spool_;
  Ledger& ledger_;
  DeliveryLog& log_;
  SampleOutcome* const sample_;
  std::optional<Error> last_rejection_;
};

}  // namespace vmtelem
