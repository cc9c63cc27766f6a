#include "agent/status_line.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/parse.h"
#include "base/text.h"

namespace vmtelem {
namespace {

constexpr Nanoseconds kStandsStill = std::chrono::seconds(3);
constexpr Nanoseconds kJustNow = std::chrono::minutes(1);

// "240 lines sampled, 9 recovered, 200 written, 8 waiting in memory, 41 in the spool (12345 bytes), 0 rejected, 0
// dropped"
std::string LinesText(const LineCounts& lines, std::uint64_t spool_bytes) {
  return fmt::format(
      "{} sampled, {} recovered, {} written, {} waiting in memory, {} in the spool ({}), {} rejected, {} "
      "dropped{}",
      CountOf(lines.sampled, "line"), lines.recovered, lines.written, lines.queued + lines.in_flight, lines.spooled,
      CountOf(spool_bytes, "byte"), lines.rejected, lines.dropped,
      lines.handed_over > 0 ? fmt::format(", {} handed over", lines.handed_over) : "");
}

std::string Seconds(Nanoseconds duration) { return FormatDuration(std::chrono::floor<std::chrono::seconds>(duration)); }

std::string FailingText(const CollectionStats& collected) {
  if (collected.hypervisors == 1) return collected.fault;
  return fmt::format("{} of {} do not answer; the first: {}", collected.failing,
                     CountOf(collected.hypervisors, "hypervisor"), collected.fault);
}

class Faults {
 public:
  explicit Faults(const AgentStatus& status) : status_(status) {
    NoteCollecting();
    NoteDelivery();
    NoteSpool(status.writer.spool);
  }

  [[nodiscard]] std::string Text() const {
    return faults_.empty() ? "all is well" : fmt::format("{}", fmt::join(faults_, "; "));
  }

 private:
  void NoteCollecting() {
    const CollectionStats& collected = status_.collected;
    if (collected.failing > 0) faults_.push_back(FailingText(collected));
    if (collected.hung_vms == 0) return;
    const std::string_view verb = collected.hung_vms == 1 ? "does" : "do";
    faults_.push_back(fmt::format("{} {} not answer", CountOf(collected.hung_vms, "VM"), verb));
  }

  void NoteDelivery() {
    const WriterStats& writer = status_.writer;
    if (writer.fault) faults_.push_back(writer.fault->message);
    NoteLatest(writer.rejected, "rejected");
    NoteLatest(writer.lost, "lost");
    if (const Nanoseconds still = status_.now - writer.seen_at; still > kStandsStill) {
      faults_.push_back(
          fmt::format("delivery has stood still for {}; does the disk of the spool answer?", Seconds(still)));
    }
  }

  // What happens in every cycle is no less wrong between two of them.
  void NoteLatest(const std::optional<LossTally::Latest>& latest, std::string_view what) {
    if (!latest || status_.now - latest->at > std::max(kJustNow, 2 * status_.interval)) return;
    faults_.push_back(fmt::format("lines were {} {} ago: {}", what, Seconds(status_.now - latest->at), latest->cause));
  }

  void NoteSpool(const SpoolStats& spool) {
    if (spool.trouble) faults_.push_back(fmt::format("cannot write to the spool: {}", *spool.trouble));
    if (spool.away_lines > 0) {
      faults_.push_back(fmt::format("{} wait in a spool directory that went away", CountOf(spool.away_lines, "line")));
    }
    if (spool.unreadable_batches > 0) {
      faults_.push_back(fmt::format("{} in the spool cannot be read", CountOf(spool.unreadable_batches, "batch file")));
    }
  }

  const AgentStatus& status_;
  std::vector<std::string> faults_;
};

}  // namespace

std::string StatusText(const AgentStatus& status) {
  const std::size_t hypervisors = status.collected.hypervisors;
  const std::string where = hypervisors == 1 ? "" : CountOf(hypervisors, "hypervisor") + ", ";
  return fmt::format("{}{}, {} ({} failed); {}; {}", where, CountOf(status.collected.vms, "VM"),
                     CountOf(status.collected.cycles, "cycle"), status.collected.failed_cycles,
                     LinesText(status.report.lines, status.report.spool_bytes), Faults(status).Text());
}

}  // namespace vmtelem
