#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <libvirt/libvirt.h>

#include "base/result.h"
#include "libvirt/api/connection.h"
#include "libvirt/api/virt_error.h"
#include "libvirt/lane/lane.h"
#include "libvirt/read/bulk_decode.h"
#include "libvirt/read/device_cache.h"
#include "libvirt/read/domain_calls.h"
#include "model/hypervisor.h"
#include "model/snapshot.h"

namespace vmtelem {

// How much of a VM's statistics a call asks for.
enum class Depth {
  kFull,
  kWithoutMonitor,  // only values that need no QEMU monitor: such calls cannot hang on a QEMU
};

// Which statistics of some VMs are asked for.
struct StatsQuery {
  StatsGroups groups = kAllGroups;
  Depth depth = Depth::kFull;
  std::shared_ptr<const DeviceTable> devices = std::make_shared<DeviceTable>();  // for drivers without bulk statistics
  std::vector<std::string> hung;  // UUIDs of VMs whose monitor does not answer: to be asked once, not twice
};

// What the calls for a StatsQuery found.
struct StatsResult {
  std::vector<DomainStats> domains;
  std::vector<Error> problems;
  std::vector<std::string> without_monitor;  // UUIDs of VMs without any value from their monitor
  std::vector<std::string> stale_devices;    // UUIDs of VMs whose devices did not all answer
  std::uint64_t values_out_of_range = 0;
  std::uint64_t kind = 0;  // of the calls, see KindOfCall()
};

// Reads the statistics of VMs over one connection: in bulk, and by single calls for the groups that the driver's bulk
// lacks. Learns these groups from the first answer and keeps to that as long as the connection lives, because two
// sources of one counter do not agree. On the lane's thread; every Read() may block for ever.
class StatsReader {
 public:
  // `connection` must outlive the reader.
  explicit StatsReader(const Connection& connection);

  // Gives the statistics of `domains`. A VM that is not running any more is left out; a VM that does not answer has its
  // identity only and a problem that names it. Fails if the hypervisor as a whole gives no answer; kUnreachable: the
  // connection is lost.
  Result<StatsResult> Read(std::span<const virDomainPtr> domains, const StatsQuery& query, LaneClock& clock);

 private:
  struct Reading;
  struct CallTime {
    Stamp begin;
    Nanoseconds took{};
  };

  Result<void> ReadInBulk(std::span<const virDomainPtr> domains, Reading& reading);
  Result<void> ReadApart(std::span<const virDomainPtr> domains, const VirtError& error, Reading& reading);
  Result<void> TakeRecords(std::span<const virDomainStatsRecordPtr> records, const CallTime& call, Reading& reading);
  Result<void> FillFromCalls(std::span<const virDomainPtr> vms, std::size_t first, Reading& reading);
  Result<void> ReadByCalls(std::span<const virDomainPtr> domains, Reading& reading);
  Result<bool> ReadByCalls(virDomainPtr domain, StatsGroups groups, DomainStats& stats, Reading& reading);
  void NoteMonitor(virDomainPtr domain, std::size_t slot, Reading& reading);
  Result<void> RetryPartial(Reading& reading);
  void TakeRetried(const virDomainStatsRecord& record, const CallTime& call, Reading& reading);
  [[nodiscard]] unsigned BulkBits(const Reading& reading, StatsGroups groups) const;

  const Connection& connection_;
  const bool is_qemu_;
  BulkDecoder decoder_;
  DomainCalls calls_;
  bool nowait_ = true;
  bool probed_ = false;
  StatsGroups missing_in_bulk_ = 0;
};

}  // namespace vmtelem
