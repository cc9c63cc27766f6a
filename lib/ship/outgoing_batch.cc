#include "ship/outgoing_batch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/utf8.h"

namespace vmtelem {
namespace {

constexpr std::size_t kExampleBytes = 200;

// Measurement and tags, which say whose line it is; fields are nobody's business in a log.
std::string_view SeriesKey(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == ' ') return line.substr(0, at);
    if (line[at] == '\\') ++at;
  }
  return line;
}

std::string Prefix(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size()) {
    const std::size_t length = std::max<std::size_t>(Utf8SequenceLength(line.substr(end)), 1);
    if (end + length > kExampleBytes) return std::string(line.substr(0, end)) + "...";
    end += length;
  }
  return std::string(line);
}

}  // namespace

std::size_t Step::rejected() const {
  std::size_t lines = 0;
  for (const Rejection& rejection : rejections) lines += rejection.lines;
  return lines;
}

OutgoingBatch::OutgoingBatch(SpooledBatch batch) : id_(batch.id), remaining_(batch.batch->line_count()) {
  if (remaining_ > 0) pieces_.push_back({std::move(batch.batch), 0, 0, false, std::nullopt});
}

std::shared_ptr<const Batch> OutgoingBatch::Next(std::uint64_t accepted, std::size_t max_bytes) {
  accepted_ = accepted;
  while (!pieces_.front().bisection && pieces_.front().batch->line_count() > 1 &&
         pieces_.front().batch->bytes().size() > max_bytes) {
    Halve();
  }
  const Piece& piece = pieces_.front();
  const std::size_t lines = piece.batch->line_count();
  sent_ = piece.bisection ? piece.bisection->Next(AcceptedSinceRefusal()) : Bisection::Range{0, lines};
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
  const std::size_t named = std::min(verdict.lines.size(), sent_.size());
  const std::size_t unnamed = std::min(verdict.unnamed_lines, sent_.size() - named);
  if (named > 0) Reject(step, named, Example(verdict.lines.front()), verdict.reason);
  if (unnamed > 0) Reject(step, unnamed, {}, verdict.reason);
  step.written = sent_.size() - named - unnamed;
  remaining_ -= step.written;
  if (pieces_.front().bisection) {
    pieces_.front().failures = 0;
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
  Reject(step, verdict.lines.size(), Example(verdict.lines.front()), verdict.reason);
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
  if (sent_.size() == 1) {
    FailLine(step, verdict);
  } else if (++pieces_.front().failures >= kFailuresToSuspect) {
    Search(step).Refused(sent_);
  }
  return step;
}

// With no sign of life in between, other lines are tried before this one is doubted; with one, a second is waited for.
void OutgoingBatch::FailLine(Step& step, const Verdict& verdict) {
  if (!sent_suspect()) lone_ = {sent_.begin, 0, 0, accepted_, trials_};
  if (std::exchange(lone_.accepted, accepted_) != accepted_) ++lone_.telling;
  if (++lone_.count < kFailuresToSuspect) return;
  doubted_at_ = accepted_;
  const bool proven = LineIsToBlame();
  if (proven || lone_.telling == 0) RefuseLine(step, verdict, proven);
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
    Reject(step, 1, Example(0), verdict.reason);
    search.Refused(sent_);
  } else {
    doubted_at_ = accepted_;
    search.SetAside(sent_);
  }
  const bool exhausted = !proven && (search.done() || search.set_aside().size() >= kMaxSetAside);
  const bool same_again = !proven && pieces_.front().batch->line_count() == 1;
  if (!same_again) lone_ = {};
  EndSearch();
  return !exhausted;
}

void OutgoingBatch::Reject(Step& step, std::size_t lines, std::string example, const std::string& reason) {
  remaining_ -= lines;
  step.rejections.push_back({lines, std::move(example), reason});
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
  piece = Piece{std::make_shared<const Batch>(std::move(again)), kMaxRemovals, 0, false, std::nullopt};
}

std::string OutgoingBatch::Example(std::size_t sent_line) const {
  return Prefix(SeriesKey(pieces_.front().batch->line(sent_.begin + sent_line)));
}

}  // namespace vmtelem
