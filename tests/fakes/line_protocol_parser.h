#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/utf8.h"

namespace vmtelem {

using FieldValue = std::variant<std::int64_t, double, bool>;

struct ParsedLine {
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::pair<std::string, FieldValue>> fields;
  std::int64_t time_ns = 0;

  [[nodiscard]] std::optional<std::string> Tag(std::string_view key) const { return Find(tags, key); }
  [[nodiscard]] std::optional<FieldValue> Field(std::string_view key) const { return Find(fields, key); }

 private:
  template <class Value>
  static std::optional<Value> Find(const std::vector<std::pair<std::string, Value>>& pairs, std::string_view key) {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
    return found == pairs.end() ? std::nullopt : std::optional(found->second);
  }
};

struct ParsedLines {
  std::vector<ParsedLine> lines;
  std::string error;  // empty: everything was well-formed

  [[nodiscard]] bool ok() const { return error.empty(); }
};

// Takes the part of line protocol that the parsers of InfluxDB 1, 2 and 3 and of VictoriaMetrics 1.79 read alike, and
// nothing else: it knows no strings and no unsigned fields, and it refuses what any one of them would refuse, skip, or
// read as something else.
class LineProtocolParser {
 public:
  static ParsedLines Parse(std::string_view text) {
    ParsedLines parsed;
    while (!text.empty() && parsed.ok()) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) {
        parsed.error = "the last line has no end";
        break;
      }
      LineProtocolParser parser(text.substr(0, end));
      parsed.lines.push_back(parser.Line());
      parsed.error = std::move(parser.error_);
      text.remove_prefix(end + 1);
    }
    return parsed;
  }

 private:
  static constexpr std::size_t kMaxNameBytes = 1024;  // VictoriaMetrics cuts at 16 KiB, later versions at 4 KiB
  static constexpr std::size_t kMaxTags = 25;         // VictoriaMetrics drops labels beyond 30

  explicit LineProtocolParser(std::string_view rest) : rest_(rest) {}

  ParsedLine Line() {
    ParsedLine line;
    CheckBytes();
    line.measurement = Name(", ", "measurement");
    if (!line.measurement.empty() && line.measurement[0] == '#') Fail("a comment");
    while (Take(',')) line.tags.push_back(Tag());
    Expect(' ');
    do line.fields.push_back(Field());
    while (Take(','));
    Expect(' ');
    line.time_ns = Integer(rest_, "time stamp");
    CheckKeys(line);
    return line;
  }

  void CheckBytes() {
    for (std::string_view text = rest_; !text.empty();) {
      const std::size_t length = Utf8SequenceLength(text);
      if (length == 0) return Fail("invalid UTF-8");
      if (length == 1 && (text[0] < 0x20 || text[0] == 0x7f)) return Fail("a control character");
      text.remove_prefix(length);
    }
  }

  // Up to an unescaped byte of `ends`. A backslash must escape one of `,`, `=` and space; anywhere else the parsers
  // disagree about what it means.
  std::string Name(std::string_view ends, std::string_view what) {
    std::string name;
    while (!rest_.empty() && ends.find(rest_[0]) == std::string_view::npos) {
      if (rest_[0] == '=') Fail("an unescaped '=' in a " + std::string(what));
      if (rest_[0] == '\\') {
        rest_.remove_prefix(1);
        if (rest_.empty() || std::string_view(",= ").find(rest_[0]) == std::string_view::npos) Fail("a bare backslash");
        if (rest_.empty()) return name;
      }
      name.push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
    if (name.empty()) Fail("an empty " + std::string(what));
    if (name.size() > kMaxNameBytes) Fail("a " + std::string(what) + " that is too long");
    return name;
  }

  std::pair<std::string, std::string> Tag() {
    std::string key = Name("=, ", "tag key");
    Expect('=');
    return {std::move(key), Name(", ", "tag value")};
  }

  std::pair<std::string, FieldValue> Field() {
    std::string key = Name("=, ", "field key");
    Expect('=');
    const std::string_view text = rest_.substr(0, rest_.find_first_of(", "));
    rest_.remove_prefix(text.size());
    return {std::move(key), Value(text)};
  }

  FieldValue Value(std::string_view text) {
    if (text == "t" || text == "f") return text == "t";
    if (!text.empty() && text.back() == 'i') return Integer(text.substr(0, text.size() - 1), "integer");
    return Float(text);
  }

  std::int64_t Integer(std::string_view text, std::string_view what) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) Fail("a bad " + std::string(what));
    return value;
  }

  // -?d+(.d+)?([eE][+-]?d+)?
  double Float(std::string_view text) {
    std::string_view left = text;
    Skip(left, "-");
    bool good = SkipDigits(left);
    if (Skip(left, ".")) good = SkipDigits(left) && good;
    if (Skip(left, "eE")) {
      Skip(left, "+-");
      good = SkipDigits(left) && good;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!good || !left.empty() || error != std::errc{}) Fail("a bad float");
    return value;
  }

  static bool Skip(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  }
  static bool SkipDigits(std::string_view& text) {
    bool any = false;
    while (Skip(text, "0123456789")) any = true;
    return any;
  }

  void CheckKeys(const ParsedLine& line) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : line.tags) keys.push_back(key);
    for (const auto& [key, value] : line.fields) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) Fail("a key that is there twice");
    if (std::binary_search(keys.begin(), keys.end(), "time")) Fail("the reserved key 'time'");
    if (line.tags.size() > kMaxTags) Fail("too many tags");
  }

  bool Take(char c) { return Skip(rest_, {&c, 1}); }
  void Expect(char c) {
    if (!Take(c)) Fail(std::string("no '") + c + "' where one belongs");
  }
  void Fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }

  std::string_view rest_;
  std::string error_;
};

}  // namespace vmtelem
