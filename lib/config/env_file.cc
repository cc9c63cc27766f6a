#include "config/env_file.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

#include "base/byte_order_mark.h"
#include "base/result.h"
#include "config/text_file.h"

namespace vmtelem {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view TrimEnd(std::string_view text) { return text.substr(0, text.find_last_not_of(kBlanks) + 1); }

std::string_view TrimStart(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

bool IsName(std::string_view name) {
  const auto is_word = [](unsigned char byte) { return byte < 0x80 && (std::isalnum(byte) != 0 || byte == '_'); };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), is_word);
}

Result<std::string> Bad(std::string message) { return Fail(ErrorCode::kInvalid, std::move(message)); }

Result<std::string> ReadPlain(std::string_view text) {
  if (text.find_first_of("\"'\\`$") != std::string_view::npos) {
    return Bad("a quote, backslash, $ or ` within a plain value; put the whole value in single quotes");
  }
  if (text.find(" #") != std::string_view::npos || text.find("\t#") != std::string_view::npos) {
    return Bad("a comment after a value; give it a line of its own, or quote the value");
  }
  // A shell that sources the file would take these for its own.
  if (text.find_first_of(" \t;&|<>()") != std::string_view::npos || text.front() == '~') {
    return Bad("a blank or one of ;&|<>()~ within a plain value; put the whole value in single quotes");
  }
  return std::string(text);
}

// `text` begins behind the opening quote.
Result<std::string> ReadQuoted(std::string_view text, char quote) {
  constexpr std::string_view kEscapable = "\"\\$`";
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = quote == '"' && text[i] == '\\' && i + 1 < text.size() &&
                         kEscapable.find(text[i + 1]) != std::string_view::npos;
    if (escapes) {
      value += text[++i];
    } else if (quote == '"' && (text[i] == '$' || text[i] == '`')) {
      return Bad("a $ or ` within double quotes; put the value in single quotes");
    } else if (text[i] == quote) {
      if (!TrimStart(text.substr(i + 1)).empty()) return Bad("text after the closing quote");
      return value;
    } else {
      value += text[i];
    }
  }
  return Bad("a quote that is not closed on its line");
}

Result<std::string> ReadValue(std::string_view text) {
  if (text.empty()) return std::string();
  if (kBlanks.find(text.front()) != std::string_view::npos && !TrimStart(text).empty()) {
    return Bad("white space after '='");
  }
  if (text.front() == '"' || text.front() == '\'') return ReadQuoted(text.substr(1), text.front());
  return ReadPlain(TrimEnd(text));
}

Result<std::string> ReadName(std::string_view text) {
  if (text.substr(0, 7) == "export ") return Bad("'export' is for shells only; leave it out");
  if (text != TrimEnd(text)) return Bad("white space before '='");
  if (!IsName(text)) return Bad("not a variable name before '='");
  return std::string(text);
}

// `line` is neither a comment nor blank.
Result<EnvFile::Entry> ReadAssignment(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return Fail(ErrorCode::kInvalid, "no '=' on this line");
  if (line.find('\0') != std::string_view::npos) return Fail(ErrorCode::kInvalid, "a NUL byte");
  auto name = ReadName(line.substr(0, equals));
  if (!name) return tl::make_unexpected(name.error());
  auto value = ReadValue(line.substr(equals + 1));
  if (!value) return tl::make_unexpected(value.error());
  return EnvFile::Entry{std::move(*name), std::move(*value), 0};
}

bool IsComment(std::string_view line) { return line.empty() || line.front() == '#' || line.front() == ';'; }

std::string_view WithoutLineEnd(std::string_view line) { return line.substr(0, line.find_last_not_of('\r') + 1); }

// One line, with the carriage returns at its end. Nothing: it says nothing. A carriage return within a line is where
// some editor ends one: what stands behind it would become part of the value, or of a comment.
Result<std::optional<EnvFile::Entry>> ReadLine(std::string_view raw) {
  const std::string_view whole = WithoutLineEnd(raw);
  if (whole.find('\r') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalid, "a carriage return within the line; lines end with LF or CR LF");
  }
  const std::string_view line = TrimStart(whole);
  if (IsComment(line)) return std::optional<EnvFile::Entry>();
  return ReadAssignment(line);
}

EnvFile Refused(std::string fault) {
  EnvFile file;
  file.faults.push_back(std::move(fault));
  return file;
}

}  // namespace

EnvFile ParseEnvFile(std::string_view text, std::string_view path) {
  if (HasUtf16Mark(text)) return Refused(fmt::format("{} is UTF-16; save it as UTF-8", path));
  EnvFile file;
  text = WithoutUtf8Mark(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto entry = ReadLine(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!entry) {
      file.faults.push_back(fmt::format("{}:{}: {}", path, number, entry.error().message));
    } else if (*entry) {
      (*entry)->line = number;
      file.entries.push_back(std::move(**entry));
    }
  }
  return file;
}

EnvFile ReadEnvFile(const std::string& path) {
  const auto text = ReadTextFile(path);
  return text ? ParseEnvFile(*text, path) : Refused(text.error().message);
}

}  // namespace vmtelem
