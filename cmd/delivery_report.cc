#include "cmd/delivery_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "ship/spool_listing.h"

namespace vmtelem {
namespace {

std::string Whereabouts(const LineCounts& counts) {
  return fmt::format("of {} lines {} are written, {} refused, {} kept in the spool, {} lost",
                     counts.sampled + counts.recovered, counts.written, counts.rejected, counts.spooled,
                     LostLines(counts));
}

// The fault with what to do about it.
Error Explained(const Context& context, const Delivery& delivery) {
  const Config& config = context.config();
  Error fault = *delivery.fault;
  if (fault.code == ErrorCode::kDenied && fault.hint.empty()) {
    fault.hint = fmt::format("the token came from {}; may it write to database '{}'?",
                             config.influx.token_origin.empty() ? "nowhere" : config.influx.token_origin,
                             config.influx.database);
  }
  if (delivery.lines.spooled > 0) {
    fault.hint +=
        fmt::format("{}{} kept in {}, for the next 'vmtelem once' or 'vmtelem run' to deliver",
                    fault.hint.empty() ? "" : "; ", CountOf(delivery.lines.spooled, "line"), config.spool_dir);
  }
  return fault;
}

ExitCode Report(const Context& context, const Delivery& delivery) {
  // Where all lines have one fate, the fault says it all.
  const bool tells_more = delivery.lines.written + LostLines(delivery.lines) > 0;
  if (tells_more || !delivery.fault) context.messages.Error(Whereabouts(delivery.lines));
  return delivery.fault ? Fail(context, Explained(context, delivery)) : ExitCode::kOk;
}

ExitCode JudgeLines(const Context& context, const Delivery& delivery) {
  const LineCounts& counts = delivery.lines;
  const bool nothing_lost = LostLines(counts) + counts.rejected == 0;
  if (nothing_lost && !delivery.fault) return ExitCode::kOk;
  ExitCode fault = Report(context, delivery);
  if (counts.spooled > 0 && fault == ExitCode::kUnavailable) fault = ExitCode::kTryAgain;
  if (nothing_lost) return fault;
  // A database that takes the other lines refuses a part, not the data.
  if (counts.written > 0 && fault == ExitCode::kRefusedData) return ExitCode::kPartial;
  const bool all_refused = counts.rejected == counts.sampled + counts.recovered;
  return MoreTelling(fault, all_refused ? ExitCode::kRefusedData : ExitCode::kPartial);
}

// What stays behind waits for somebody to make it readable, however well all else went.
ExitCode JudgeUnreadable(const Context& context, const Delivery& delivery) {
  if (delivery.unreadable.empty()) return ExitCode::kOk;
  context.messages.Error(fmt::format("{} cannot be read and left in the spool: {}",
                                     CountOf(delivery.unreadable.size(), "batch file"),
                                     NamesInShort(delivery.unreadable)));
  return ExitCode::kTryAgain;
}

}  // namespace

ExitCode ReportDelivery(const Context& context, const Delivery& delivery) {
  return MoreTelling(JudgeLines(context, delivery), JudgeUnreadable(context, delivery));
}

std::uint64_t LostLines(const LineCounts& counts) {
  return counts.sampled + counts.recovered - counts.written - counts.rejected - counts.spooled;
}

}  // namespace vmtelem
