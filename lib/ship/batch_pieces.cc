#include "ship/batch_pieces.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

#include "ship/line_parts.h"

namespace vmtelem {
namespace {

template <typename Container>
auto At(Container& lines, std::size_t position) {
  return lines.begin() + static_cast<std::ptrdiff_t>(position);
}

}  // namespace

BatchPieces::BatchPieces(std::shared_ptr<const Batch> batch)
    : batch_(std::move(batch)), remaining_(batch_->line_count()) {
  if (remaining_ == 0) return;
  Indices all(remaining_);
  std::iota(all.begin(), all.end(), 0U);
  pieces_.emplace_back(std::move(all));
}

std::shared_ptr<const Batch> BatchPieces::Select(Bisection::Range range) const {
  if (range.size() == batch_->line_count()) return batch_;
  const Indices& lines = front().lines;
  return std::make_shared<const Batch>(Copy(At(lines, range.begin), At(lines, range.end)));
}

std::shared_ptr<const Batch> BatchPieces::Remaining() const {
  if (remaining_ == batch_->line_count()) return batch_;
  const Indices left = Unsettled();
  return std::make_shared<const Batch>(Copy(left.begin(), left.end()));
}

BatchPieces::Indices BatchPieces::Unsettled() const {
  Indices left;
  for (const Piece& piece : pieces_) {
    left.insert(left.end(), At(piece.lines, piece.ranges.begin()), piece.lines.end());
  }
  return left;
}

bool BatchPieces::IsLarger(Bisection::Range range, std::size_t max_bytes) const {
  if (batch_->bytes().size() <= max_bytes) return false;
  std::size_t bytes = 0;
  for (std::size_t i = range.begin; i < range.end; ++i) bytes += line(i).size() + 1;
  return bytes > max_bytes;
}

Batch BatchPieces::Copy(Indices::const_iterator begin, Indices::const_iterator end) const {
  Lines lines;
  for (auto index = begin; index != end; ++index) {
    lines.bytes.append(batch_->line(*index)).push_back('\n');
    lines.NoteLine(batch_->first_wall_ns());
  }
  lines.last_wall_ns = batch_->last_wall_ns();
  return Batch(std::move(lines));
}

std::vector<BatchPieces::Indices> BatchPieces::ByMeasurement() const {
  std::map<std::string_view, Indices> lines;
  for (const std::uint32_t index : Unsettled()) lines[Measurement(batch_->line(index))].push_back(index);
  std::vector<Indices> sorted;
  sorted.reserve(lines.size());
  for (auto& [measurement, of_it] : lines) sorted.push_back(std::move(of_it));
  return sorted;
}

std::shared_ptr<const Batch> BatchPieces::Sample() {
  constexpr double kGoldenRatio = 0.618;  // its multiples are spread evenly, however many there are
  const std::vector<Indices> measurements = ByMeasurement();
  const std::size_t turn = samples_taken_++, round = turn / measurements.size();
  const Indices& lines = measurements[turn % measurements.size()];
  const double place = static_cast<double>(round) * kGoldenRatio;
  const double fraction = place - std::floor(place);
  const auto chosen = At(lines, static_cast<std::size_t>(fraction * static_cast<double>(lines.size())));
  return std::make_shared<const Batch>(Copy(chosen, chosen + 1));
}

void BatchPieces::SplitInHalf() {
  const Indices lines = std::move(front().lines);
  const auto middle = At(lines, lines.size() / 2);
  front() = Piece(Indices(middle, lines.end()));
  pieces_.emplace_front(Indices(lines.begin(), middle));
}

bool BatchPieces::SplitOffKnown(const KnownPoison& known) {
  Indices lines = front().lines;
  const auto first_known = std::stable_partition(lines.begin(), lines.end(),
                                                 [&](std::uint32_t index) { return !known.Has(batch_->line(index)); });
  if (first_known == lines.end()) return false;
  front() = Piece(Indices(first_known, lines.end()));
  front().apart = true;
  if (first_known != lines.begin()) pieces_.emplace_front(Indices(lines.begin(), first_known));
  return true;
}

void BatchPieces::SplitOffNamed(const std::vector<std::size_t>& positions) {
  if (positions.empty()) return;
  Indices named, others;
  for (const std::size_t position : positions) named.push_back(front().lines[position]);
  if (front().ranges.begin() == 0) {
    for (std::size_t i = 0; i < front().lines.size(); ++i) {
      if (!std::binary_search(positions.begin(), positions.end(), i)) others.push_back(front().lines[i]);
    }
    front().ranges = Bisection(others.size());
    front().lines = std::move(others);
  }
  pieces_.insert(pieces_.begin() + 1, Piece(std::move(named), 1))->apart = true;
}

void BatchPieces::Stored(Bisection::Range range, const std::vector<std::size_t>& but) {
  remaining_ -= range.size() - but.size();
  front().ranges.Accepted(range);
  front().refused_with_all = false;
  SplitOffNamed(but);
  DropSettled();
}

void BatchPieces::Isolate(Bisection::Range range) {
  isolated_.push_back(front().lines[range.begin]);
  --remaining_;
  front().ranges.Isolated(range);
  front().searched = true;
  DropSettled();
}

void BatchPieces::DropSettled() {
  while (!pieces_.empty() && pieces_.front().ranges.done()) pieces_.pop_front();
}

}  // namespace vmtelem
