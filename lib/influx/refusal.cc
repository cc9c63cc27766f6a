#include "influx/refusal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "influx/quoted_lines.h"
#include "influx/server_text.h"

namespace vmtelem {
namespace {

using Json = nlohmann::json;

// Bodies may be nested deeper than the stack allows a copy, so values are moved or referred to.
Json Parse(const std::string& body) {
  if (body.empty() || body.front() != '{') return {};
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  return json;
}

std::string Member(const Json& json, const char* name) {
  const auto found = json.find(name);  // end() if it is no object
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Servers count lines from 1. Nothing unless it is the number of a line of the batch.
std::optional<std::size_t> LineIndex(const Json& json, const char* name, const Batch& batch) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto number = found->get<std::uint64_t>();
  if (number < 1 || number > batch.line_count()) return std::nullopt;
  return static_cast<std::size_t>(number - 1);
}

Verdict Make(Action action, std::string reason) {
  Verdict verdict;
  verdict.action = action;
  verdict.cause = ErrorCode::kRefusedData;
  verdict.reason = std::move(reason);
  return verdict;
}

Verdict NotUnderstood(const std::string& text) {
  return Make(Action::kBisect, Excerpt(text) + " (the server's numbering of lines is not understood)");
}

std::string ReasonOf(const Json& entries) {
  std::set<std::string> reasons;
  for (const Json& entry : entries) reasons.insert(Member(entry, "error_message"));
  const std::string first = Excerpt(Member(entries.front(), "error_message"));
  return reasons.size() == 1 ? first : fmt::format("{} (and {} other reasons)", first, reasons.size() - 1);
}

// v3: each entry is a line that is not stored; the others are.
Verdict PartlyStored(const Json& entries, const std::string& text, const Batch& batch) {
  if (entries.size() > batch.line_count()) return NotUnderstood(text);
  std::set<std::size_t> lines;
  for (const Json& entry : entries) {
    const auto line = LineIndex(entry, "line_number", batch);
    if (!line) return NotUnderstood(text);
    lines.insert(*line);
  }
  Verdict verdict = Make(Action::kAckPartly, ReasonOf(entries));
  verdict.lines.assign(lines.begin(), lines.end());
  return verdict;
}

// v3 that stores all or nothing, and QuestDB: one line is named, nothing is stored.
Verdict OneNamed(const Json& holder, const char* member, const std::string& text, const Batch& batch) {
  const auto line = LineIndex(holder, member, batch);
  if (!line) return NotUnderstood(text);
  Verdict verdict = Make(Action::kRemoveLines, Excerpt(text));
  verdict.lines = {*line};
  return verdict;
}

std::optional<Verdict> ReadNumbers(const Json& json, const std::string& text, const Batch& batch) {
  if (!json.is_object()) return std::nullopt;
  const auto data = json.find("data");
  if (data != json.end() && data->is_array() && !data->empty()) return PartlyStored(*data, text, batch);
  if (data != json.end() && data->is_object()) {
    const std::string message = Member(*data, "error_message");
    return OneNamed(*data, "line_number", message.empty() ? text : message, batch);
  }
  const auto line = json.find("line");
  const bool names_line = line != json.end() && line->is_number_unsigned() && *line != 0;  // 0: about no line
  if (names_line && Member(json, "code") == "invalid") return OneNamed(json, "line", text, batch);
  return std::nullopt;
}

// The number after "dropped=", at most the lines of the batch.
std::size_t DroppedCount(std::string_view text, const Batch& batch) {
  constexpr std::string_view kLabel = "dropped=";
  const std::size_t at = text.rfind(kLabel);
  if (at == std::string_view::npos) return 0;
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + at + kLabel.size(), end, count);
  if (parsed.ec == std::errc::result_out_of_range) return batch.line_count();
  return std::min(count, batch.line_count());
}

Verdict StoredWithout(const QuotedLines& quoted, const std::string& text, const Batch& batch) {
  Verdict verdict = Make(Action::kAckPartly, Excerpt(text));
  verdict.lines = quoted.lines;
  verdict.unnamed_lines = std::min(quoted.unknown, batch.line_count() - quoted.lines.size());
  return verdict;
}

Verdict StoredBut(std::size_t dropped, const std::string& text) {
  Verdict verdict = Make(Action::kAckPartly, Excerpt(text));
  verdict.unnamed_lines = dropped;
  return verdict;
}

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool NamesData(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords{"line protocol", "cannot unmarshal", "parse",
                                                   "field type",    "InvalidColumn",    "not valid utf8"};
  return !IsHtml(text) && std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return Has(text, word); });
}

std::optional<Verdict> ReadWords(int status, const std::string& text, const Batch& batch) {
  if (status == 422 && Has(text, "partial write") && Has(text, "dropped="))
    return StoredBut(DroppedCount(text, batch), text);
  const QuotedLines quoted = FindQuotedLines(text, batch);
  if (Has(text, "partial write: unable to parse")) return StoredWithout(quoted, text, batch);
  if (Has(text, "partial write:")) return StoredBut(DroppedCount(text, batch), text);
  if (!quoted.lines.empty()) {
    Verdict verdict = Make(Action::kRemoveLines, Excerpt(text));
    verdict.lines = quoted.lines;
    return verdict;
  }
  if (NamesData(text)) return Make(Action::kBisect, Excerpt(text));
  return std::nullopt;
}

std::string TextOf(const Json& json, const std::string& body) {
  for (const char* const name : {"error", "message"}) {
    if (std::string text = Member(json, name); !text.empty()) return text;
  }
  return body;
}

}  // namespace

std::string ErrorText(const std::string& body) { return TextOf(Parse(body), body); }

std::optional<Verdict> ReadRefusal(int status, const std::string& body, const Batch& batch) {
  const Json json = Parse(body);
  const std::string text = TextOf(json, body);
  if (std::optional<Verdict> verdict = ReadNumbers(json, text, batch)) return verdict;
  return ReadWords(status, text, batch);
}

}  // namespace vmtelem
