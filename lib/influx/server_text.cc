#include "influx/server_text.h"

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace vmtelem {
namespace {

constexpr std::size_t kMaxBytes = 200;
constexpr std::size_t kMaxQuotedBytes = 20;
constexpr std::size_t kMaxRead = 4096;  // enough for an excerpt, whatever is shortened in it
constexpr std::string_view kWhitespace = " \t\r\n";

// An apostrophe within a word is not a quotation mark.
bool Opens(std::string_view text, std::size_t at) {
  if (text[at] != '\'' && text[at] != '"' && text[at] != '`') return false;
  return at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
}

std::string ShortenQuotations(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    out += text[at];
    if (!Opens(text, at)) continue;
    const std::size_t end = std::min(text.find(text[at], at + 1), text.size());
    const std::string_view quoted = text.substr(at + 1, end - at - 1);
    const std::string_view kept = CutUtf8(quoted, kMaxQuotedBytes);
    out += kept;
    if (kept.size() < quoted.size()) out += "...";
    if (end < text.size()) out += text[end];
    at = end;
  }
  return out;
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char byte : text) {
    const bool blank = static_cast<unsigned char>(byte) <= 0x20 || byte == 0x7F;
    if (!blank) line += byte;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

bool IsHtml(std::string_view body) {
  const std::size_t start = body.find_first_not_of(kWhitespace);
  return start != std::string_view::npos && body[start] == '<';
}

std::string Excerpt(std::string_view text) {
  if (IsHtml(text)) return "an HTML page; a proxy or another server seems to answer";
  const std::string line = ShortenQuotations(OneLine(RepairUtf8(text.substr(0, kMaxRead))));
  const std::string_view kept = CutUtf8(line, kMaxBytes);
  return std::string(kept) + (kept.size() < line.size() ? "..." : "");
}

}  // namespace vmtelem
