#include "config/parsers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/parse.h"
#include "base/utf8.h"
#include "config/suggest.h"

namespace vmtelem {
namespace {

template <class T, class Parse>
Problem ParseWithin(std::string_view allowed, std::string_view text, Parse parse, T& value) {
  const auto parsed = parse(text);
  if (!parsed) return "is not understood";
  const std::size_t middle = allowed.find(" to ");
  const auto least = parse(allowed.substr(0, middle));
  const auto most = parse(allowed.substr(middle + 4));
  if (*parsed < *least || *parsed > *most) return "is out of range";
  value = static_cast<T>(*parsed);
  return std::nullopt;
}

bool IsUri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
    return false;
  }
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), [](char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '+' || byte == '-' || byte == '.';
  });
}

constexpr std::string_view kSpaces = " \t\r\n\v\f";

std::string_view Trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

// It becomes the value of a tag. As long as the name of a host may be.
Problem ProblemOfName(std::string_view name) {
  constexpr std::size_t kMaxBytes = 253;
  if (name.empty()) return "has an empty name before '='";
  if (name.size() > kMaxBytes) return fmt::format("has a name of more than {} bytes", kMaxBytes);
  if (RepairUtf8(name) != name) return "has a name that is not UTF-8";
  return std::nullopt;
}

constexpr std::uint64_t kMaxShards = 1000;

constexpr std::array<std::pair<std::string_view, StatsGroup>, 6> kGroupNames{{{"state", kGroupState},
                                                                              {"cpu", kGroupCpu},
                                                                              {"balloon", kGroupBalloon},
                                                                              {"vcpu", kGroupVcpu},
                                                                              {"interface", kGroupInterface},
                                                                              {"block", kGroupBlock}}};

}  // namespace

Problem ParseDurationWithin(std::string_view allowed, std::string_view text, Nanoseconds& value) {
  return ParseWithin(allowed, text, ParseDuration, value);
}

Problem ParseCountWithin(std::string_view allowed, std::string_view text, std::size_t& value) {
  return ParseWithin(allowed, text, ParseCount, value);
}

Problem ParseSizeWithin(std::string_view allowed, std::string_view text, std::uint64_t& value) {
  return ParseWithin(allowed, text, ParseSize, value);
}

Problem ParseMultipleWithin(std::string_view allowed, std::string_view text, double& value) {
  const auto parse = [](std::string_view multiple) -> std::optional<std::uint64_t> {
    if (!multiple.empty() && multiple.back() == 'x') multiple.remove_suffix(1);
    return ParseCount(multiple);
  };
  return ParseWithin(allowed, text, parse, value);
}

std::optional<std::string_view> UnlessWord(std::string_view allowed, std::string_view text) {
  const std::size_t comma = allowed.find(", ");
  if (text == allowed.substr(0, comma)) return std::nullopt;
  return allowed.substr(comma + 2);
}

Problem ParseWordOf(std::string_view allowed, std::string_view text, std::size_t& index) {
  const auto words = SplitWords(allowed);
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return "is unknown";
  index = static_cast<std::size_t>(found - words.begin());
  return std::nullopt;
}

Problem ParseSwitch(std::string_view text, bool& value) {
  const auto parsed = ParseBool(text);
  if (!parsed) return "is neither on nor off";
  value = *parsed;
  return std::nullopt;
}

Problem ParseText(std::string_view text, std::string& value) {
  if (HasControlCharacter(text)) return "holds a control character";
  value = text;
  return std::nullopt;
}

Problem ParseAbsolutePath(std::string_view text, std::string& value) {
  if (text.empty() || text.front() != '/') return "does not begin with /";
  return ParseText(text, value);
}

Problem ParseHypervisor(std::string_view text, Hypervisor& hypervisor) {
  if (text.find_first_of(kSpaces) != std::string_view::npos) return "holds white space, which is %20 in a URI";
  if (HasControlCharacter(text)) return "holds a control character";
  // A URI may hold '=' in its query, so only one that comes before the scheme's colon ends a name.
  const std::size_t equals = text.find('=');
  const bool has_name = equals < text.find_first_of(":/");
  const std::string_view name = has_name ? text.substr(0, equals) : std::string_view();
  if (has_name) {
    if (auto problem = ProblemOfName(name)) return problem;
  }
  const std::string_view uri = has_name ? text.substr(equals + 1) : text;
  if (!IsUri(uri)) return "is not a URI such as qemu:///system";
  hypervisor.name = name;
  hypervisor.uri = uri;
  return std::nullopt;
}

Problem ParseShard(std::string_view text, Shard& shard) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return "is not understood";
  const auto index = ParseCount(text.substr(0, slash));
  const auto count = ParseCount(text.substr(slash + 1));
  if (!index || !count) return "is not understood";
  if (*index < 1 || *index > *count || *count > kMaxShards) return "is out of range";
  shard = {.index = static_cast<std::uint32_t>(*index), .count = static_cast<std::uint32_t>(*count)};
  return std::nullopt;
}

Problem ParseStatsGroups(std::string_view text, StatsGroups& groups) {
  StatsGroups parsed = 0;
  for (const std::string_view word : SplitWords(text)) {
    const auto* found =
        std::find_if(kGroupNames.begin(), kGroupNames.end(), [&](const auto& row) { return row.first == word; });
    if (found == kGroupNames.end()) return fmt::format("names the unknown group '{}'", word);
    parsed |= found->second;
  }
  if (parsed == 0) return "names no group";
  groups = parsed;
  return std::nullopt;
}

std::vector<std::string_view> SplitAtSpaces(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = Trim(text); !text.empty(); text = Trim(text)) {
    words.push_back(text.substr(0, text.find_first_of(kSpaces)));
    text.remove_prefix(words.back().size());
  }
  return words;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\,") {
      items.back() += ',';
      ++i;
    } else if (text[i] == ',') {
      items.emplace_back();
    } else {
      items.back() += text[i];
    }
  }
  for (std::string& item : items) item = std::string(Trim(item));
  std::erase_if(items, [](const std::string& item) { return item.empty(); });
  return items;
}

std::string EscapeListItem(std::string_view item) {
  std::string escaped;
  for (const char byte : item) {
    if (byte == ',') escaped += '\\';
    escaped += byte;
  }
  return escaped;
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; });
}

}  // namespace vmtelem
