#pragma once

#include <string_view>

#include "base/result.h"

namespace vmtelem {

// What the program says to the person who called it, on stderr: "vmtelem: error: ...", then at most one "hint: ...".
// The log is another matter. Foreign text in a message is made safe for a terminal.
class Messages {
 public:
  Messages(int fd, bool color) : fd_(fd), color_(color) {}

  void Error(std::string_view text) const;
  void Error(const vmtelem::Error& error) const;  // with its hint, if it has one
  void Warning(std::string_view text) const;
  void Hint(std::string_view text) const;
  void Plain(std::string_view text) const;

 private:
  int fd_;
  bool color_;
};

}  // namespace vmtelem
