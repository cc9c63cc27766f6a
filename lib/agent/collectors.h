#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/collector.h"
#include "agent/host_log.h"
#include "agent/host_tags.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/notifier.h"
#include "model/hypervisor.h"
#include "model/source.h"
#include "ship/line_queue.h"

namespace vmtelem {

// What is known of all collectors together.
struct CollectionStats {
  std::size_t hypervisors = 0, failing = 0;  // now; that did not answer in their last cycle
  // Sums; those that only grow keep the part of hypervisors that have left.
  std::uint64_t cycles = 0, failed_cycles = 0, names_repaired = 0, values_out_of_range = 0;
  std::uint64_t vms = 0, hung_vms = 0;
  std::string fault;  // of the first hypervisor that fails; empty: none
};

// What is known of one hypervisor now.
struct HostStatus {
  std::string uri;  // masked
  CollectorStats stats;
  std::shared_ptr<const HostSample> latest;  // see Collector::latest()
};

// The collectors of all hypervisors, each with its source and on a thread of its own: none waits for another, neither
// when it starts nor when it ends. For one thread, but for what says otherwise.
class Collectors {
 public:
  using MakeSource = std::function<std::unique_ptr<Source>(const Hypervisor&)>;
  struct Parts {  // both must outlive this
    LineQueue& queue;
    Clock& clock;
  };
  Collectors(CollectorOptions options, MakeSource make_source, Parts parts, LoggerPtr log);
  ~Collectors();  // as Stop() and Close()
  Collectors(const Collectors&) = delete;
  Collectors& operator=(const Collectors&) = delete;

  // Collects from these from now on: starts with those that are new, one shortly after the other, and ends with those
  // that are gone. Does not wait for a hypervisor.
  struct Change {
    std::size_t joined = 0, left = 0;
  };
  Change Collect(const std::vector<Hypervisor>& hypervisors);

  // Ends collecting. When it returns, all lines that will ever be sampled are in the queue. Idempotent.
  void Stop();
  // After Stop(): waits until all sources are closed, which they are beside each other, from Stop() on. Gives how many
  // calls have not returned even so, see Source::Close().
  std::size_t Close();

  // Pauses or resumes all, see Collector, and those that join later. False: it was so already. Any thread.
  bool Pause();
  bool Resume();

  // Any thread.
  [[nodiscard]] bool paused() const;
  [[nodiscard]] CollectionStats stats() const;
  // Of each hypervisor that is collected from now, in the order given.
  [[nodiscard]] std::vector<HostStatus> hosts() const;

 private:
  struct Host;
  struct Place {  // among those that are started with it, and how far apart the ticks of all may be
    std::size_t position;
    Nanoseconds spread;
  };
  void Start(const Hypervisor& hypervisor, const Place& place);
  std::size_t LetGoAllBut(const std::vector<Hypervisor>& hypervisors);
  void ReapEnded();
  void Reap(Host& host);

  const CollectorOptions options_;
  const MakeSource make_source_;
  const Parts parts_;
  const LoggerPtr log_;
  HostTags tags_;
  HostLog host_log_;
  const std::function<double()> random_ = SystemRandom();
  std::size_t unreturned_calls_ = 0;
  Notifier closing_;  // cancelled: Close() has been called

  mutable std::mutex mutex_;                    // of changes of what is below
  std::vector<std::unique_ptr<Host>> hosts_;    // in the order given
  std::vector<std::unique_ptr<Host>> leaving_;  // until they are closed
  CollectionStats left_;                        // the growing sums of those that are gone
  bool paused_ = false;
};

}  // namespace vmtelem
