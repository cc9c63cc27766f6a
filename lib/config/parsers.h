#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/shard.h"
#include "config/fault.h"
#include "model/hypervisor.h"

// The parsers that the rows of the table share, also for values that are not settings. Each stores what `text` means,
// or gives its problem. Pure functions.
namespace vmtelem {

// `allowed` is "LEAST to MOST", and both of them are.
Problem ParseDurationWithin(std::string_view allowed, std::string_view text, Nanoseconds& value);
Problem ParseCountWithin(std::string_view allowed, std::string_view text, std::size_t& value);
Problem ParseSizeWithin(std::string_view allowed, std::string_view text, std::uint64_t& value);
// A multiple: "10x" or "10".
Problem ParseMultipleWithin(std::string_view allowed, std::string_view text, double& value);
// What remains of `allowed`, which is "WORD, LEAST to MOST", for a text that is not the word; nothing if it is.
std::optional<std::string_view> UnlessWord(std::string_view allowed, std::string_view text);
// `allowed` is "WORD, WORD, ..."; gives the index of the one that `text` is.
Problem ParseWordOf(std::string_view allowed, std::string_view text, std::size_t& index);
Problem ParseSwitch(std::string_view text, bool& value);
// Text without control characters.
Problem ParseText(std::string_view text, std::string& value);
// A relative path would be another one for each place from which the program is called.
Problem ParseAbsolutePath(std::string_view text, std::string& value);

// `URI` or `NAME=URI`, without white space. A name has neither ':' nor '/' and is UTF-8 of at most 253 bytes; of the
// URI only the scheme is looked at.
Problem ParseHypervisor(std::string_view text, Hypervisor& hypervisor);
// `I/N`.
Problem ParseShard(std::string_view text, Shard& shard);
// A list of group names, separated by commas.
Problem ParseStatsGroups(std::string_view text, StatsGroups& groups);

// What white space separates: blanks, tabs and line ends. Views of `text`.
std::vector<std::string_view> SplitAtSpaces(std::string_view text);
// Items separated by commas; `\,` is a comma within an item.
std::vector<std::string> SplitList(std::string_view text);
std::string EscapeListItem(std::string_view item);

bool HasControlCharacter(std::string_view text);

}  // namespace vmtelem
