#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/batch.h"
#include "ship/bisection.h"
#include "ship/known_poison.h"

namespace vmtelem {

// The lines of a batch that are not settled yet, that is neither stored nor isolated, in pieces that are sent one after
// the other. Every such line is in one piece; a piece whose lines are settled is gone. Writer's thread.
class BatchPieces {
 public:
  using Indices = std::vector<std::uint32_t>;  // of lines of the batch
  struct Piece {
    explicit Piece(Indices of) : lines(std::move(of)), ranges(lines.size()) {}
    Piece(Indices of, std::size_t longest) : lines(std::move(of)), ranges(lines.size(), longest) {}
    // No line of it is settled, named or suspected, so it may be divided.
    [[nodiscard]] bool is_fresh() const { return !searched && !apart && ranges.begin() == 0; }
    Indices lines;
    Bisection ranges;               // of positions in `lines`
    bool apart = false;             // its lines were named by the server, or are of series of known poison
    bool refused_with_all = false;  // it was refused when the target refused everything
    bool searched = false;          // something of it was refused, or has failed often enough
    bool resent = false;            // in another form, as the sink asked
    unsigned namings = 0;           // how often the server named lines of it
  };

  explicit BatchPieces(std::shared_ptr<const Batch> batch);

  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  Piece& front() { return pieces_.front(); }
  [[nodiscard]] const Piece& front() const { return pieces_.front(); }
  [[nodiscard]] std::size_t remaining_lines() const { return remaining_; }
  // Of the batch, in no order: lines that are not settled, and those that are isolated.
  [[nodiscard]] Indices Unsettled() const;
  [[nodiscard]] const Indices& isolated() const { return isolated_; }
  // Line `position` of the front piece.
  [[nodiscard]] std::string_view line(std::size_t position) const { return batch_->line(front().lines[position]); }

  // A range of the front piece as a batch, and all that is not settled; the batch itself if that is the whole of it,
  // with what was compressed of it.
  [[nodiscard]] std::shared_ptr<const Batch> Select(Bisection::Range range) const;
  [[nodiscard]] std::shared_ptr<const Batch> Remaining() const;
  // One line that is not settled: of one measurement after the other, and each time from another place.
  std::shared_ptr<const Batch> Sample();
  [[nodiscard]] std::size_t CountMeasurements() const { return ByMeasurement().size(); }
  [[nodiscard]] bool IsLarger(Bisection::Range range, std::size_t max_bytes) const;  // a range of the front piece

  // Divide the front piece. SplitOffKnown(): lines like those go behind the others; false if there are none.
  void SplitInHalf();
  bool SplitOffKnown(const KnownPoison& known);
  // Lines at these positions of the front piece (sorted; may be none) go behind it, each alone.
  void SplitOffNamed(const std::vector<std::size_t>& positions);
  // A range of the front piece is stored, but for the lines at these positions of the piece.
  void Stored(Bisection::Range range, const std::vector<std::size_t>& but);
  // The only line of this range of the front piece is poison.
  void Isolate(Bisection::Range range);

 private:
  void DropSettled();
  [[nodiscard]] Batch Copy(Indices::const_iterator begin, Indices::const_iterator end) const;
  [[nodiscard]] std::vector<Indices> ByMeasurement() const;  // what is not settled

  const std::shared_ptr<const Batch> batch_;
  std::deque<Piece> pieces_;
  std::size_t remaining_;
  Indices isolated_;
  std::size_t samples_taken_ = 0;
};

}  // namespace vmtelem
