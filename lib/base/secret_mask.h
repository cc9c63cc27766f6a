#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/secret.h"

namespace vmtelem {

// Strikes secrets out of texts that others wrote, on their way to people. A secret counts as found where eight bytes of
// it in a row come to light, in small or capital letters, as they are or in any coding that programs commonly quote
// with (see text_coding.h), four times over at most (base64 twice): text that is escaped more often is cut off. So
// the first or the last characters of a token are found like all of it. A search takes a fraction of a millisecond.
// Many threads may strike out at once, as long as none adds.
class SecretMask {
 public:
  static constexpr std::size_t kShortest = 8;

  // A secret of fewer than eight bytes is not looked for: it would be found in ordinary words.
  void Add(const Secret& secret);

  // `text` with *** for each place where a secret was.
  [[nodiscard]] std::string StrikeOut(std::string text) const;

 private:
  void AddPieces(const std::string& text);

  // All runs of eight bytes, in small letters, of a secret and of its base64: a server may change the case of either,
  // which no decoder undoes, or encode it twice.
  std::unordered_set<std::string> pieces_;
};

}  // namespace vmtelem
