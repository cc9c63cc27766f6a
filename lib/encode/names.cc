#include "encode/names.h"

#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"

namespace vmtelem {
namespace {

bool IsControl(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }

}  // namespace

std::string RepairName(std::string_view name) {
  std::string text = RepairUtf8(name);
  for (char& c : text) {
    if (IsControl(c)) c = '_';
    if (c == '\\') c = '/';
  }
  text.resize(CutUtf8(text, kMaxNameBytes).size());
  return text;
}

void AppendTag(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.append(",").append(key).push_back('=');
  for (const char c : value) {
    if (c == ',' || c == '=' || c == ' ') out.push_back('\\');
    out.push_back(c);
  }
}

std::string NameRepairs::Repair(std::string_view what, std::string_view name) {
  std::string repaired = RepairName(name);
  if (repaired == name) return repaired;
  if (++count_ == 1) first_ = fmt::format("{} '{}'", what, repaired);
  return repaired;
}

void NameRepairs::Log() {
  if (count_ == 0 || std::exchange(is_logged_, true)) return;
  log_->info("names that not every database takes are changed: {}; the first is written as {}", count_, first_);
}

}  // namespace vmtelem
