#include "ship/poison_search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "ship/line_parts.h"

namespace vmtelem {

PoisonSearch::PoisonSearch(std::shared_ptr<const Batch> batch, KnownPoison& known)
    : batch_(std::move(batch)), known_(known), remaining_(batch_->line_count()) {
  if (remaining_ == 0) return;
  Indices all(remaining_);
  std::iota(all.begin(), all.end(), 0U);
  pieces_.emplace_back(std::move(all), Bisection(remaining_));
}

bool PoisonSearch::MaySplit() const {
  const Piece& piece = pieces_.front();
  return !piece.searched && !piece.apart && piece.ranges.begin() == 0;
}

void PoisonSearch::SplitOffKnown() {
  if (known_.empty() || pieces_.empty() || !MaySplit()) return;
  Indices& lines = pieces_.front().lines;
  const auto first_known = std::stable_partition(lines.begin(), lines.end(),
                                                 [&](std::uint32_t line) { return !known_.Has(batch_->line(line)); });
  if (first_known == lines.end()) return;
  Indices apart(first_known, lines.end()), others(lines.begin(), first_known);
  pieces_.pop_front();
  const std::size_t count = apart.size();
  pieces_.emplace_front(std::move(apart), Bisection(count)).apart = true;
  if (!others.empty()) {
    const std::size_t rest = others.size();
    pieces_.emplace_front(std::move(others), Bisection(rest));
  }
  ForgetTrial();
}

std::shared_ptr<const Batch> PoisonSearch::Next(std::size_t max_bytes) {
  if (std::exchange(awaits_next_, false)) counted_ = 0;  // it is followed by itself
  while (MaySplit() && pieces_.front().lines.size() > 1 && batch_->bytes().size() > max_bytes &&
         BytesOf(pieces_.front(), {0, pieces_.front().lines.size()}) > max_bytes) {
    SplitForSize();
  }
  Piece& piece = pieces_.front();
  while (RangeToSend().size() > 1 && BytesOf(piece, RangeToSend()) > max_bytes) piece.ranges.Shorten();
  if (const auto next = RangeToSend(); !(next == sent_)) {
    ForgetTrial();
    sent_ = next;
  }
  if (sent_.size() == batch_->line_count()) return batch_;
  const auto begin = piece.lines.begin();
  return std::make_shared<const Batch>(
      Select(begin + static_cast<std::ptrdiff_t>(sent_.begin), begin + static_cast<std::ptrdiff_t>(sent_.end)));
}

Step PoisonSearch::Settle(const Verdict& verdict, bool stored_before) {
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

// The others are stored. Those that the server names are yet to be tried alone.
Step PoisonSearch::Stored(const Verdict& verdict) {
  Piece& piece = pieces_.front();
  if (piece.apart) {
    for (std::size_t i = sent_.begin; i < sent_.end; ++i) known_.Forget(batch_->line(piece.lines[i]));
  }
  Step step{.written = sent_.size() - verdict.lines.size()};
  remaining_ -= step.written;
  std::vector<std::size_t> named = verdict.lines;
  for (std::size_t& position : named) position += sent_.begin;
  piece.ranges.Accepted(sent_);
  piece.doubted = false;
  ForgetTrial();
  SetNamedApart(named);
  EndPieces();
  return step;
}

// Positions in the front piece, which are taken out of it if they are not settled.
void PoisonSearch::SetNamedApart(const std::vector<std::size_t>& positions) {
  if (positions.empty()) return;
  Piece& piece = pieces_.front();
  Indices named;
  for (const std::size_t position : positions) named.push_back(piece.lines[position]);
  Piece apart(std::move(named), Bisection(positions.size(), 1));
  apart.apart = true;
  if (piece.ranges.begin() == 0) {
    Indices rest;
    for (std::size_t i = 0; i < piece.lines.size(); ++i) {
      if (!std::binary_search(positions.begin(), positions.end(), i)) rest.push_back(piece.lines[i]);
    }
    piece.ranges = Bisection(rest.size());
    piece.lines = std::move(rest);
  }
  pieces_.insert(pieces_.begin() + 1, std::move(apart));
}

Step PoisonSearch::Refused(const Verdict& verdict, bool stored_before) {
  Piece& piece = pieces_.front();
  if (!verdict.lines.empty() && MaySplit() && verdict.lines.size() < sent_.size() && ++piece.namings <= kMostNamings) {
    SetNamedApart(verdict.lines);
    return {};
  }
  Await(Trial::kRefused, verdict, stored_before);
  if (sent_.size() > 1 && (stored_before || piece.searched)) return Halve();
  doubts_target_ = !stored_before;
  return {};
}

Step PoisonSearch::TooLarge(const Verdict& verdict, bool stored_before) {
  if (sent_.size() == 1) return Refused(verdict, stored_before);
  if (!MaySplit()) return Halve();
  SplitForSize();
  return {};
}

Step PoisonSearch::Failed(const Verdict& verdict, bool stored_before) {
  if (verdict.batch_suspected) {
    Await(verdict.silent || verdict.busy ? Trial::kAway : Trial::kFailed, verdict, stored_before);
  } else {
    counted_ = 0;
  }
  return {.delay = Step::Delay::kBackOff};
}

// Whether this counts shows the next request.
void PoisonSearch::Await(Trial trial, const Verdict& verdict, bool stored_before) {
  trial_ = trial;
  if (failures_++ == 0) others_stored_ = false;
  words_ = verdict.reason;
  awaits_next_ = stored_before;
  if (!stored_before) counted_ = 0;
}

Step PoisonSearch::NoteOther(bool stored) {
  others_stored_ = others_stored_ || stored;
  if (!std::exchange(awaits_next_, false)) return {};
  counted_ = stored ? counted_ + 1 : 0;
  if (!stored) return {};
  if (counted_ < (trial_ == Trial::kRefused ? 1 : kFailuresToSuspect)) return {.closer = true};
  Step step = Convict();
  step.closer = true;
  return step;
}

// A line that fails has to do so once more when it is suspected: a batch may be a single line.
Step PoisonSearch::Convict() {
  if (sent_.size() > 1) return Halve();
  if (trial_ == Trial::kRefused || pieces_.front().ranges.suspects() > 0) return Isolate();
  return Halve();
}

Step PoisonSearch::Halve() {
  Piece& piece = pieces_.front();
  piece.ranges.Refused(sent_);
  ForgetTrial();
  return {.search_began = !std::exchange(piece.searched, true) && piece.lines.size() > 1};
}

Step PoisonSearch::Isolate() {
  Piece& piece = pieces_.front();
  const auto line = batch_->line(piece.lines[sent_.begin]);
  Step step{.rejections = {{{std::string(line)}, words_}}};
  known_.Learn(line);
  isolated_.push_back(piece.lines[sent_.begin]);
  --remaining_;
  piece.ranges.Isolated(sent_);
  piece.searched = true;
  ForgetTrial();
  EndPieces();
  return step;
}

void PoisonSearch::ForgetTrial() {
  trial_ = Trial::kNone;
  failures_ = counted_ = 0;
  awaits_next_ = doubts_target_ = others_stored_ = false;
  probes_refused_ = 0;
  sent_ = {0, 0};
}

void PoisonSearch::EndPieces() {
  while (!pieces_.empty() && pieces_.front().ranges.done()) pieces_.pop_front();
}

void PoisonSearch::SplitForSize() {
  const Indices lines = std::move(pieces_.front().lines);
  const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(lines.size() / 2);
  Indices front(lines.begin(), middle), back(middle, lines.end());
  pieces_.pop_front();
  const std::size_t front_count = front.size(), back_count = back.size();
  pieces_.emplace_front(std::move(back), Bisection(back_count));
  pieces_.emplace_front(std::move(front), Bisection(front_count));
  ForgetTrial();
}

bool PoisonSearch::WantsProbe(bool stored_before) const {
  if (pieces_.empty()) return false;
  if (doubts_target_) return true;
  if (!is_tried()) return false;
  const bool again = trial_ == Trial::kRefused || failures_ > 1;
  return awaits_next_ || (again && !stored_before && RangeToSend() == sent_);
}

Step PoisonSearch::SettleProbe(const Verdict& verdict) {
  if (pieces_.empty()) return {};
  if (verdict.action == Action::kAck) {
    probes_refused_ = 0;
    if (std::exchange(doubts_target_, false) && sent_.size() > 1) return Halve();
    return {};
  }
  if (verdict.action == Action::kRetry) return {.delay = Step::Delay::kBackOff};
  if (verdict.action != Action::kHold && ++probes_refused_ <= 2 * ByMeasurement().size()) return {};
  pieces_.front().doubted = verdict.action != Action::kHold;
  ForgetTrial();
  return {.delay = Step::Delay::kHold};
}

std::vector<PoisonSearch::Indices> PoisonSearch::ByMeasurement() const {
  std::map<std::string_view, Indices> lines;
  for (const Piece& piece : pieces_) {
    for (std::size_t i = piece.ranges.begin(); i < piece.lines.size(); ++i) {
      lines[Measurement(batch_->line(piece.lines[i]))].push_back(piece.lines[i]);
    }
  }
  std::vector<Indices> sorted;
  sorted.reserve(lines.size());
  for (auto& [measurement, of_it] : lines) sorted.push_back(std::move(of_it));
  return sorted;
}

// Of one measurement after the other, and each time from another place of those that are not settled.
std::shared_ptr<const Batch> PoisonSearch::Sample() {
  constexpr double kGoldenRatio = 0.618;
  const std::vector<Indices> measurements = ByMeasurement();
  const std::size_t turn = samples_taken_++, round = turn / measurements.size();
  const Indices& lines = measurements[turn % measurements.size()];
  const double place = static_cast<double>(round) * kGoldenRatio;
  const double fraction = place - std::floor(place);
  const auto chosen = lines.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(lines.size()));
  return std::make_shared<const Batch>(Select(chosen, chosen + 1));
}

bool PoisonSearch::suspect() const {
  if (pieces_.empty()) return false;
  const Piece& piece = pieces_.front();
  return piece.apart || piece.doubted || piece.searched || is_tried();
}

bool PoisonSearch::searching() const {
  return suspect() && (pieces_.front().apart || pieces_.front().searched || trial_ == Trial::kRefused);
}

std::size_t PoisonSearch::BytesOf(const Piece& piece, Bisection::Range range) const {
  if (range.size() == batch_->line_count()) return batch_->bytes().size();
  std::size_t bytes = 0;
  for (std::size_t i = range.begin; i < range.end; ++i) bytes += batch_->line(piece.lines[i]).size() + 1;
  return bytes;
}

Batch PoisonSearch::Select(Indices::const_iterator begin, Indices::const_iterator end) const {
  Lines lines;
  for (auto line = begin; line != end; ++line) {
    lines.bytes.append(batch_->line(*line)).push_back('\n');
    lines.NoteLine(batch_->first_wall_ns());
  }
  lines.last_wall_ns = batch_->last_wall_ns();
  return Batch(std::move(lines));
}

PoisonSearch::Indices PoisonSearch::Unsettled() const {
  Indices left;
  for (const Piece& piece : pieces_) {
    left.insert(left.end(), piece.lines.begin() + static_cast<std::ptrdiff_t>(piece.ranges.begin()), piece.lines.end());
  }
  return left;
}

}  // namespace vmtelem
