#pragma once

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/duration_histogram.h"

namespace vmtelem {

// A family of metrics in Prometheus' sense: samples of one name and type.
struct MetricFamily {
  std::string_view name, type, help;
};

// Adds key="value" to the labels of a sample, with a comma before it if it is not the first. Any bytes will do: they
// are escaped, and repaired where they are no UTF-8.
void AppendLabel(std::string& labels, std::string_view key, std::string_view value);

// Writes Prometheus text, format 0.0.4: families one after the other, each announced once; one without a sample is not
// mentioned. Numbers are the shortest that read back as the same, whatever the locale is. No time stamps.
class Exposition {
 public:
  void Begin(const MetricFamily& family) {
    family_ = family;
    announced_ = false;
  }

  // A sample of the family that was begun last.
  template <class Number>
  void Sample(std::string_view labels, Number value) {
    Write("", labels, value);
  }
  // All samples of a histogram, in seconds.
  void Histogram(std::string_view labels, const DurationHistogram& histogram);

  // A family of one sample without labels; nothing if there is no value.
  template <class Number>
  void Single(const MetricFamily& family, const std::optional<Number>& value) {
    Begin(family);
    if (value) Sample("", *value);
  }

  std::string Take() { return std::move(text_); }

 private:
  template <class Number>
  void Write(std::string_view suffix, std::string_view labels, Number value) {
    if (!std::exchange(announced_, true)) Announce();
    std::array<char, 32> number{};
    char* end = std::to_chars(number.data(), number.data() + number.size(), value).ptr;
    text_.append(family_.name).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(number.data(), end).append("\n");
  }
  void Announce();

  MetricFamily family_{};
  bool announced_ = false;
  std::string text_;
};

}  // namespace vmtelem
