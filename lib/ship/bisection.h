#pragma once

#include <cstddef>

namespace vmtelem {

// The order in which lines that may be poison are sent: from front to back, in ranges; a range that is refused is
// halved, its front half first, until one line is left. One poison line among N costs log2(N) + 2 requests; where there
// are more, ranges become about as long as the gaps between them, so that each costs the logarithm of a gap. Knows
// numbers of lines only, no batch, clock or request.
class Bisection {
 public:
  struct Range {
    std::size_t begin, end;
    [[nodiscard]] std::size_t size() const { return end - begin; }
    bool operator==(const Range&) const = default;
  };

  // `longest`: no range is longer. 1: each line goes alone.
  Bisection(std::size_t lines, std::size_t longest) : lines_(lines), longest_(longest), reach_(longest) {}
  explicit Bisection(std::size_t lines) : Bisection(lines, lines) {}

  [[nodiscard]] Range Next() const;
  void Shorten();  // Next() is too long to be sent: no range is longer than half of it from now on
  void Accepted(Range range);
  void Refused(Range range);   // of more than one line: to be halved
  void Isolated(Range range);  // of one line: the search goes on behind it

  [[nodiscard]] bool done() const { return begin_ == lines_; }
  [[nodiscard]] std::size_t begin() const { return begin_; }  // lines before it are settled
  // How many lines from begin() on hold a poison line, as far as is known.
  [[nodiscard]] std::size_t suspects() const { return suspect_end_ > begin_ ? suspect_end_ - begin_ : 0; }

 private:
  std::size_t lines_, longest_;
  std::size_t begin_ = 0;
  std::size_t suspect_end_ = 0;               // [begin_, suspect_end_) was refused, or follows from it
  std::size_t reach_;                         // the longest range to try where nothing is known
  std::size_t isolated_ = 0, gap_begin_ = 0;  // lines found so far; behind the last of them
};

}  // namespace vmtelem
