#pragma once

#include <cstddef>
#include <vector>

namespace vmtelem {

// The search for bad lines in a batch of which the server refuses something without saying what. The batch is delivered
// from front to back in ranges; a range that is refused is halved, its front half first, until one line is refused on
// its own. One bad line among N costs log2(N) + 3 requests; where there are more, ranges become about as long as the
// gaps between them, so that each costs the logarithm of a gap. A state without a batch, a clock or a request.
class Bisection {
 public:
  struct Range {
    std::size_t begin, end;
    [[nodiscard]] std::size_t size() const { return end - begin; }
  };

  explicit Bisection(std::size_t lines) : lines_(lines), suspect_end_(lines), reach_(lines) {}

  // The lines to send next. While nothing at all was ever accepted, the search goes line by line for something that is,
  // since without it a bad line cannot be told from a bad database.
  [[nodiscard]] Range Next(bool anything_accepted) const;

  void Accepted(Range range);
  void Refused(Range range);
  // As Refused(), of one line; it is set aside and the search goes on behind it.
  void SetAside(Range range);

  [[nodiscard]] bool done() const { return begin_ == lines_; }
  [[nodiscard]] std::size_t begin() const { return begin_; }  // lines before it are settled or set aside
  // How many lines from begin() on hold a bad one, as far as is known.
  [[nodiscard]] std::size_t suspects() const { return suspect_end_ - begin_; }
  [[nodiscard]] const std::vector<std::size_t>& set_aside() const { return set_aside_; }

 private:
  void Isolated(std::size_t line);

  std::size_t lines_;
  std::size_t begin_ = 0;
  std::size_t suspect_end_;  // [begin_, suspect_end_) was refused, or follows from it; empty: nothing is known
  std::size_t reach_;        // the longest range to try where nothing is known
  std::size_t isolated_ = 0, gap_begin_ = 0;  // lines found so far; behind the last of them
  std::vector<std::size_t> set_aside_;
};

}  // namespace vmtelem
