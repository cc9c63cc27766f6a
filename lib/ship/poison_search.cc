#include "ship/poison_search.h"

#include <utility>

namespace vmtelem {

void PoisonSearch::SplitOffKnown() {
  if (known_.empty() || done() || !pieces_.front().is_fresh()) return;
  if (pieces_.SplitOffKnown(known_)) ForgetSent();
}

std::shared_ptr<const Batch> PoisonSearch::Next(std::size_t max_bytes) {
  evidence_.SentAgain();
  while (pieces_.front().is_fresh() && pieces_.front().lines.size() > 1 &&
         pieces_.IsLarger({0, pieces_.front().lines.size()}, max_bytes)) {
    pieces_.SplitInHalf();
    ForgetSent();
  }
  while (RangeToSend().size() > 1 && pieces_.IsLarger(RangeToSend(), max_bytes)) pieces_.front().ranges.Shorten();
  if (const auto next = RangeToSend(); !(next == sent_)) {
    ForgetSent();
    sent_ = next;
  }
  return pieces_.Select(sent_);
}

Step PoisonSearch::Answered(const Verdict& verdict, bool stored_before) {
  switch (verdict.action) {
    case Action::kAck:
      return Stored(verdict);
    case Action::kAckPartly:
      return verdict.lines.size() < sent_.size() ? Stored(verdict) : Refused(verdict, stored_before);
    case Action::kRefuse:
      return Refused(verdict, stored_before);
    case Action::kSplit:
      return TooLarge(verdict, stored_before);
    case Action::kResend:
      return {.delay = std::exchange(pieces_.front().resent, true) ? Step::Delay::kBackOff : Step::Delay::kNone};
    case Action::kRetry:
      return Failed(verdict, stored_before);
    case Action::kHold:
      break;
  }
  return {.delay = Step::Delay::kHold};
}

// The lines that the server names are yet to be tried alone, the others are stored.
Step PoisonSearch::Stored(const Verdict& verdict) {
  if (pieces_.front().apart) {
    for (std::size_t i = sent_.begin; i < sent_.end; ++i) known_.Forget(pieces_.line(i));
  }
  std::vector<std::size_t> named = verdict.lines;
  for (std::size_t& position : named) position += sent_.begin;
  Step step{.written = sent_.size() - named.size()};
  pieces_.Stored(sent_, named);
  ForgetSent();
  return step;
}

Step PoisonSearch::Refused(const Verdict& verdict, bool stored_before) {
  BatchPieces::Piece& piece = pieces_.front();
  if (!verdict.lines.empty() && piece.is_fresh() && verdict.lines.size() < sent_.size() &&
      ++piece.namings <= kMostNamings) {
    pieces_.SplitOffNamed(verdict.lines);
    return {};
  }
  NotStored(PoisonEvidence::Kind::kRefused, verdict, stored_before);
  return sent_.size() > 1 && (stored_before || piece.searched) ? Halve() : Step{};
}

Step PoisonSearch::TooLarge(const Verdict& verdict, bool stored_before) {
  if (sent_.size() == 1) return Refused(verdict, stored_before);
  if (!pieces_.front().is_fresh()) return Halve();
  pieces_.SplitInHalf();
  ForgetSent();
  return {};
}

Step PoisonSearch::Failed(const Verdict& verdict, bool stored_before) {
  using Kind = PoisonEvidence::Kind;
  if (verdict.batch_suspected) {
    NotStored(verdict.silent || verdict.busy ? Kind::kAway : Kind::kFailed, verdict, stored_before);
  } else {
    evidence_.FailedForOtherReasons();
  }
  return {.delay = Step::Delay::kBackOff};
}

void PoisonSearch::NotStored(PoisonEvidence::Kind kind, const Verdict& verdict, bool stored_before) {
  evidence_.NotStored(kind, stored_before);
  words_ = verdict.reason;
}

Step PoisonSearch::OtherAnswered(bool stored) {
  if (!evidence_.OtherAnswered(stored)) return {};
  Step step = evidence_.suffices() ? HalveOrIsolate() : Step{};
  step.closer = true;
  return step;
}

// A line that fails has to do so once more when it is suspected: a batch may be a single line.
Step PoisonSearch::HalveOrIsolate() {
  const bool is_suspected = evidence_.is_refusal() || pieces_.front().ranges.suspects() > 0;
  return sent_.size() == 1 && is_suspected ? Isolate() : Halve();
}

Step PoisonSearch::Halve() {
  BatchPieces::Piece& piece = pieces_.front();
  piece.ranges.Refused(sent_);
  ForgetSent();
  return {.search_began = !std::exchange(piece.searched, true) && piece.lines.size() > 1};
}

Step PoisonSearch::Isolate() {
  const std::string_view line = pieces_.line(sent_.begin);
  Step step{.rejections = {{{std::string(line)}, words_}}};
  known_.Learn(line);
  pieces_.Isolate(sent_);
  ForgetSent();
  return step;
}

void PoisonSearch::ForgetSent() {
  sent_ = {0, 0};
  evidence_ = {};
}

bool PoisonSearch::WantsProbe(bool stored_before) const {
  return !done() && evidence_.WantsProbe(stored_before, RangeToSend() == sent_);
}

Step PoisonSearch::ProbeAnswered(const Verdict& verdict) {
  if (done()) return {};
  if (verdict.action == Action::kAck) return evidence_.ProbeStored() && sent_.size() > 1 ? Halve() : Step{};
  if (verdict.action == Action::kRetry) return {.delay = Step::Delay::kBackOff};
  if (verdict.action != Action::kHold && evidence_.ProbeRefused() <= 2 * pieces_.CountMeasurements()) return {};
  pieces_.front().refused_with_all = verdict.action != Action::kHold;
  ForgetSent();
  return {.delay = Step::Delay::kHold};
}

bool PoisonSearch::suspect() const {
  if (done()) return false;
  const BatchPieces::Piece& piece = pieces_.front();
  return piece.apart || piece.refused_with_all || piece.searched || evidence_.exists();
}

bool PoisonSearch::searching() const {
  return suspect() && (pieces_.front().apart || pieces_.front().searched || evidence_.is_refusal());
}

}  // namespace vmtelem
