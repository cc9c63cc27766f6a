#include "cmd/delivery_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "spool/spool_listing.h"

namespace vmtelem {
namespace {

std::uint64_t LinesOf(const BatchOutcome& sample) {
  return sample.written + sample.rejected + sample.dropped + sample.waiting;
}

std::string Whereabouts(const Delivery& delivery) {
  const LineCounts& counts = delivery.lines;
  const BatchOutcome& sample = delivery.sample;
  const std::uint64_t lines = counts.sampled + counts.recovered;
  std::string text = fmt::format("of {} lines {} are written, {} refused, {} kept in the spool, {} lost", lines,
                                 counts.written, counts.rejected, counts.spooled, LostLines(counts));
  if (const std::uint64_t own = LinesOf(sample); own > 0 && own < lines) {
    text += fmt::format("; of this sample's {} lines {} are written, {} refused, {} kept, {} lost", own, sample.written,
                        sample.rejected, sample.waiting, sample.dropped);
  }
  return text;
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
                    fault.hint.empty() ? "" : "; ", CountOf(delivery.lines.spooled, "line"), config.delivery.spool_dir);
  }
  return fault;
}

void Report(const Context& context, const Delivery& delivery) {
  // Where all lines have one fate, the fault says it all.
  const bool says_more = delivery.lines.written + LostLines(delivery.lines) > 0;
  if (says_more || !delivery.fault) context.messages.Error(Whereabouts(delivery));
  if (delivery.fault) context.messages.Error(Explained(context, delivery));
}

// Of lines that were rejected the sample's count says more.
ExitCode JudgeFault(const Delivery& delivery) {
  if (!delivery.fault || delivery.fault->code == ErrorCode::kRefusedData) return ExitCode::kOk;
  const bool is_kept = delivery.lines.spooled > 0 && delivery.sample.dropped == 0;
  const ExitCode fault = ExitCodeFor(delivery.fault->code);
  return fault == ExitCode::kUnavailable && is_kept ? ExitCode::kTryAgain : fault;
}

ExitCode JudgeSample(const BatchOutcome& sample) {
  if (sample.rejected > 0 && sample.rejected == LinesOf(sample)) return ExitCode::kRefusedData;
  return MoreTelling(sample.waiting > 0 ? ExitCode::kTryAgain : ExitCode::kOk,
                     sample.rejected + sample.dropped > 0 ? ExitCode::kPartial : ExitCode::kOk);
}

// Lines of other samples count where they are lost, and where they wait for a reason. One that is rejected is none of
// this sample's, and will not come again.
ExitCode JudgeLines(const Context& context, const Delivery& delivery) {
  const ExitCode lost = LostLines(delivery.lines) > 0 ? ExitCode::kPartial : ExitCode::kOk;
  const ExitCode code = MoreTelling(JudgeFault(delivery), MoreTelling(JudgeSample(delivery.sample), lost));
  if (code != ExitCode::kOk) Report(context, delivery);
  return code;
}

// Which, and why, is in the log.
void WarnOfOlder(const Context& context, const Delivery& delivery, const std::string& spool) {
  const std::uint64_t older = OlderRejected(delivery);
  if (older == 0) return;
  context.messages.Warning(
      fmt::format("the database has rejected {} of older batches, kept in {}/rejected with the reasons",
                  CountOf(older, "line"), spool));
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

ExitCode ReportDelivery(const Context& context, const Delivery& delivery, const std::string& spool) {
  if (!delivery.lost.empty()) context.messages.Error(delivery.lost);
  WarnOfOlder(context, delivery, spool);
  return MoreTelling(JudgeLines(context, delivery), JudgeUnreadable(context, delivery));
}

std::uint64_t OlderRejected(const Delivery& delivery) {
  return delivery.lines.rejected - std::min(delivery.lines.rejected, delivery.sample.rejected);
}

}  // namespace vmtelem
