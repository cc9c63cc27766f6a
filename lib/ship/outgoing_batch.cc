#include "ship/outgoing_batch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vmtelem {
namespace {

Batch Join(const std::vector<SpooledBatch>& parts) {
  Lines lines;
  for (const SpooledBatch& part : parts) {
    lines.Append(
        {part.batch->bytes(), part.batch->line_count(), part.batch->first_wall_ns(), part.batch->last_wall_ns()});
  }
  return Batch(std::move(lines));
}

}  // namespace

std::size_t Step::rejected() const {
  std::size_t lines = 0;
  for (const Rejection& rejection : rejections) lines += rejection.lines;
  return lines;
}

OutgoingBatch::OutgoingBatch(const std::vector<SpooledBatch>& parts) : durable_(parts.front().durable) {
  for (const SpooledBatch& part : parts) {
    ids_.push_back(part.id);
    remaining_ += part.batch->line_count();
  }
  if (remaining_ == 0) return;
  pieces_.push_back({parts.size() == 1 ? parts.front().batch : std::make_shared<const Batch>(Join(parts))});
}

std::shared_ptr<const Batch> OutgoingBatch::Next(std::uint64_t accepted, std::size_t max_bytes) {
  accepted_ = accepted;
  if (!tried_at_) tried_at_ = accepted;
  while (!pieces_.front().bisection && pieces_.front().batch->line_count() > 1 &&
         pieces_.front().batch->bytes().size() > max_bytes) {
    Halve();
  }
  const Piece& piece = pieces_.front();
  const std::size_t lines = piece.batch->line_count();
  sent_ = piece.bisection ? piece.bisection->Next(AcceptedSinceRefusal()) : Bisection::Range{0, lines};
  sent_suspect_ = piece.failures > 0 || piece.singled_out || (piece.bisection && piece.bisection->suspects() > 0);
  if (sent_.size() == lines) return piece.batch;
  return std::make_shared<const Batch>(piece.batch->Slice(sent_.begin, sent_.size()));
}

Step OutgoingBatch::Settle(const Verdict& verdict, std::uint64_t accepted, const Trials& trials) {
  accepted_ = accepted;
  trials_ = trials;
  switch (verdict.action) {
    case Action::kAck:
    case Action::kAckPartly:
      return Accept(verdict);
    case Action::kRemoveLines:
      return RemoveNamed(verdict);
    case Action::kResend:
      return Step{.delay = std::exchange(pieces_.front().resent, true) ? Step::Delay::kBackOff : Step::Delay::kNone};
    case Action::kSplit:
      return pieces_.front().bisection || sent_.size() == 1 ? Refuse(verdict) : Halve();
    case Action::kBisect:
      return Refuse(verdict);
    case Action::kRetry:
      return Fail(verdict);
    case Action::kHold:
      break;
  }
  return Step{.delay = Step::Delay::kHold};
}

Step OutgoingBatch::Accept(const Verdict& verdict) {
  Step step;
  const std::size_t named = verdict.lines.size();
  const std::size_t unnamed = std::min(verdict.unnamed_lines, sent_.size() - named);
  if (named > 0) Reject(step, SentLines(verdict.lines), verdict.reason);
  if (unnamed > 0) RejectUnnamed(step, unnamed, verdict.reason);
  step.written = sent_.size() - named - unnamed;
  remaining_ -= step.written;
  if (pieces_.front().bisection) {
    ForgetFailures();
    pieces_.front().bisection->Accepted(sent_);
    EndSearch();
  } else {
    pieces_.pop_front();
  }
  return step;
}

Step OutgoingBatch::RemoveNamed(const Verdict& verdict) {
  Piece& piece = pieces_.front();
  Step step;
  if (verdict.lines.empty()) return Refuse(verdict);
  if (sent_.size() == 1) {
    RefuseLine(step, verdict, true);
    return step;
  }
  if (piece.bisection || piece.removals == kMaxRemovals) return Refuse(verdict);
  ++piece.removals;
  Reject(step, SentLines(verdict.lines), verdict.reason);
  piece.batch = std::make_shared<const Batch>(piece.batch->Without(verdict.lines));
  if (piece.batch->line_count() == 0) pieces_.pop_front();
  return step;
}

Step OutgoingBatch::Halve() {
  Piece back = pieces_.front();
  Piece& front = pieces_.front();
  const std::size_t lines = front.batch->line_count(), middle = lines / 2;
  back.batch = std::make_shared<const Batch>(front.batch->Slice(middle, lines - middle));
  front.batch = std::make_shared<const Batch>(front.batch->Slice(0, middle));
  pieces_.insert(pieces_.begin() + 1, std::move(back));
  return {};
}

Step OutgoingBatch::Refuse(const Verdict& verdict) {
  Step step;
  Bisection& search = Search(step);
  if (sent_.size() > 1) {
    search.Refused(sent_);
  } else if (!RefuseLine(step, verdict, AcceptedSinceRefusal())) {
    step.delay = Step::Delay::kHold;
  }
  return step;
}

// A server that breaks off, or fails inside, whenever it is given these lines may do so because of them.
Step OutgoingBatch::Fail(const Verdict& verdict) {
  Step step{.delay = Step::Delay::kBackOff};
  if (!verdict.batch_suspected) return step;
  ++pieces_.front().failures;
  if (IsTelling()) {
    ++pieces_.front().telling;
    step.delay = Step::Delay::kAlone;
  }
  tried_at_ = accepted_;
  if (sent_.size() == 1) {
    FailLine(step, verdict);
  } else {
    FailPiece(step);
  }
  return step;
}

// The target took something else since this was tried last, or just now: it is not the target that is out of order.
bool OutgoingBatch::IsTelling() const { return trials_.well || accepted_ > tried_at_.value_or(accepted_); }

void OutgoingBatch::FailPiece(Step& step) {
  if (!PieceIsSuspect()) return;
  Search(step).Refused(sent_);
  step.closer = true;
}

bool OutgoingBatch::PieceIsSuspect() const {
  const Piece& piece = pieces_.front();
  if (piece.failures >= kFailuresToSuspect) return true;
  return piece.telling >= kTellingToSuspect && std::pow(trials_.failure_rate, piece.telling) <= kMaxChanceToSuspect;
}

// Lines behind this one go first. With no sign of life in between they are tried before this one is doubted; with one,
// a second is waited for.
void OutgoingBatch::FailLine(Step& step, const Verdict& verdict) {
  if (lone_.count == 0 || lone_.line != sent_.begin) lone_ = {sent_.begin, 0, 0, accepted_, trials_};
  step.closer = std::exchange(lone_.accepted, accepted_) != accepted_;
  if (step.closer) ++lone_.telling;
  ++lone_.count;
  if (lone_.telling > 0 && LinesBehind()) {
    Search(step).SetAside(sent_);
    ForgetFailures();
    return;
  }
  if (lone_.count < kFailuresToSuspect) return;
  doubted_at_ = accepted_;
  const bool proven = LineIsToBlame();
  if (proven || lone_.telling == 0) RefuseLine(step, verdict, proven);
}

void OutgoingBatch::ForgetFailures() {
  pieces_.front().failures = pieces_.front().telling = 0;
  lone_ = {};
}

bool OutgoingBatch::LinesBehind() const {
  const Piece& piece = pieces_.front();
  return !piece.singled_out && sent_.end < piece.batch->line_count();
}

// Whether chance explains the failures: would a target that fails this line as often as it failed other requests since
// then have failed it each time? Two failures are added to what was seen, since few requests prove little.
bool OutgoingBatch::LineIsToBlame() const {
  if (lone_.telling < kTellingFailures) return false;
  const auto accepted = static_cast<double>(trials_.accepted - lone_.before.accepted);
  const double failed = 2 + static_cast<double>(trials_.suspected - lone_.before.suspected);
  return std::pow(failed / (failed + accepted), lone_.telling) <= kMaxChance;
}

bool OutgoingBatch::RefuseLine(Step& step, const Verdict& verdict, bool proven) {
  Bisection& search = Search(step);
  if (proven) {
    Reject(step, SentLines({0}), verdict.reason);
    search.Refused(sent_);
  } else {
    doubted_at_ = accepted_;
    search.SetAside(sent_);
  }
  const bool exhausted = !proven && (search.done() || search.set_aside().size() >= kMaxSetAside);
  const bool same_again = !proven && pieces_.front().batch->line_count() == 1;
  if (!same_again) ForgetFailures();
  EndSearch();
  return !exhausted;
}

void OutgoingBatch::Reject(Step& step, std::vector<std::string> texts, const std::string& reason) {
  remaining_ -= texts.size();
  step.rejections.push_back({texts.size(), std::move(texts), reason});
}

void OutgoingBatch::RejectUnnamed(Step& step, std::size_t lines, const std::string& reason) {
  remaining_ -= lines;
  step.rejections.push_back({lines, {}, reason});
}

Bisection& OutgoingBatch::Search(Step& step) {
  Piece& piece = pieces_.front();
  if (!refused_at_) refused_at_ = accepted_;
  if (!piece.bisection) {
    piece.bisection.emplace(piece.batch->line_count());
    step.search_began = piece.batch->line_count() > 1;
  }
  return *piece.bisection;
}

// Lines that were set aside are asked again, as a piece of their own: by then the target may have accepted others.
void OutgoingBatch::EndSearch() {
  Piece& piece = pieces_.front();
  if (!piece.bisection->done()) return;
  const std::vector<std::size_t> set_aside = piece.bisection->set_aside();
  if (set_aside.empty()) {
    pieces_.pop_front();
    return;
  }
  Lines again;
  for (const std::size_t line : set_aside) again.bytes.append(piece.batch->line(line)).push_back('\n');
  again.first_wall_ns = piece.batch->first_wall_ns();
  again.last_wall_ns = piece.batch->last_wall_ns();
  piece = {.batch = std::make_shared<const Batch>(std::move(again)), .removals = kMaxRemovals, .singled_out = true};
}

Batch OutgoingBatch::Remaining() const {
  Lines lines;
  const auto append = [&](const Piece& piece, std::size_t line) {
    lines.bytes.append(piece.batch->line(line)).push_back('\n');
    lines.NoteLine(piece.batch->first_wall_ns());
  };
  for (const Piece& piece : pieces_) {
    if (piece.bisection) {
      for (const std::size_t line : piece.bisection->set_aside()) append(piece, line);
    }
    for (std::size_t i = piece.bisection ? piece.bisection->begin() : 0; i < piece.batch->line_count(); ++i) {
      append(piece, i);
    }
    lines.last_wall_ns = piece.batch->last_wall_ns();
  }
  return Batch(std::move(lines));
}

bool OutgoingBatch::suspect() const {
  if (pieces_.empty()) return false;
  const Piece& piece = pieces_.front();
  return piece.bisection || piece.singled_out || piece.failures > 0;
}

std::vector<std::string> OutgoingBatch::SentLines(const std::vector<std::size_t>& lines) const {
  std::vector<std::string> texts;
  texts.reserve(lines.size());
  for (const std::size_t line : lines) texts.emplace_back(pieces_.front().batch->line(sent_.begin + line));
  return texts;
}

}  // namespace vmtelem
