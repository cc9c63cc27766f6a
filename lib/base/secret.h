#pragma once

#include <string>
#include <utility>

namespace vmtelem {

// A credential. It cannot be printed or compared by accident: there is no operator<<, no fmt formatter and no
// conversion; Reveal() is the one way to the text, and the places that call it can be counted by grep.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& Reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace vmtelem
