#include "influx/refusal.h"

#include <optional>
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

std::string ReasonOf(const Json& entries) {
  std::set<std::string> reasons;
  for (const Json& entry : entries) reasons.insert(Member(entry, "error_message"));
  const std::string first = Excerpt(Member(entries.front(), "error_message"));
  return reasons.size() == 1 ? first : fmt::format("{} (and {} other reasons)", first, reasons.size() - 1);
}

// The numbers may be anything: then no line is named.
Refusal NotUnderstood(const std::string& text) {
  return {{}, false, Excerpt(text) + " (the server's numbering of lines is not understood)"};
}

// v3: each entry is a line that is not stored; the others are.
Refusal Listed(const Json& entries, const std::string& text, const Batch& batch) {
  if (entries.size() > batch.line_count()) return NotUnderstood(text);
  std::set<std::size_t> lines;
  for (const Json& entry : entries) {
    const auto line = LineIndex(entry, "line_number", batch);
    if (!line) return NotUnderstood(text);
    lines.insert(*line);
  }
  return {{lines.begin(), lines.end()}, true, ReasonOf(entries)};
}

// v3 that stores all or nothing, and QuestDB: one line is named, nothing is stored.
Refusal OneNamed(const Json& holder, const char* member, const std::string& text, const Batch& batch) {
  const auto line = LineIndex(holder, member, batch);
  if (!line) return NotUnderstood(text);
  return {{*line}, false, Excerpt(text)};
}

std::optional<Refusal> ReadNumbers(const Json& json, const std::string& text, const Batch& batch) {
  if (!json.is_object()) return std::nullopt;
  const auto data = json.find("data");
  if (data != json.end() && data->is_array() && !data->empty()) return Listed(*data, text, batch);
  if (data != json.end() && data->is_object()) {
    const std::string message = Member(*data, "error_message");
    return OneNamed(*data, "line_number", message.empty() ? text : message, batch);
  }
  const auto line = json.find("line");
  const bool names_line = line != json.end() && line->is_number_unsigned() && *line != 0;  // 0: about no line
  if (names_line && Member(json, "code") == "invalid") return OneNamed(json, "line", text, batch);
  return std::nullopt;
}

// v1 and v2 quote each line that does not parse. v1 stores the others, and says so.
Refusal ReadQuotations(const std::string& text, const Batch& batch) {
  const QuotedLines quoted = FindQuotedLines(text, batch);
  const bool lists_all = text.find("partial write: unable to parse") != std::string::npos && quoted.unknown == 0;
  return {quoted.lines, lists_all && !quoted.lines.empty(), Excerpt(text)};
}

std::string TextOf(const Json& json, const std::string& body) {
  for (const char* const name : {"error", "message"}) {
    if (std::string text = Member(json, name); !text.empty()) return text;
  }
  return body;
}

}  // namespace

std::string ErrorText(const std::string& body) { return TextOf(Parse(body), body); }

bool HoldsError(const std::string& body) {
  const Json json = Parse(body);
  return !Member(json, "error").empty() || (!Member(json, "code").empty() && !Member(json, "message").empty());
}

Refusal ReadRefusal(const std::string& body, const Batch& batch) {
  const Json json = Parse(body);
  const std::string text = TextOf(json, body);
  if (std::optional<Refusal> numbered = ReadNumbers(json, text, batch)) return *std::move(numbered);
  return ReadQuotations(text, batch);
}

}  // namespace vmtelem
