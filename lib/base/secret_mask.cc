#include "base/secret_mask.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/text_coding.h"

namespace vmtelem {
namespace {

constexpr int kMostLevels = 4;
constexpr int kMostRounds = 3;
constexpr std::string_view kStruck = "***";
constexpr Escapes kEscapes[] = {Escapes::kAny,       Escapes::kPercent,         Escapes::kForm,
                                Escapes::kBackslash, Escapes::kQuotedPrintable, Escapes::kEntities};

// Looks into one text for pieces of secrets, and remembers where in it they are.
class Search {
 public:
  Search(std::string_view text, const std::unordered_set<std::string>& pieces)
      : pieces_(pieces), struck_(text.size(), false), end_(text.size()) {
    const DecodedText plain = NotDecoded(text);
    Look(plain);
    for (const Escapes escapes : kEscapes) LookUnder(plain, escapes);
  }

  [[nodiscard]] bool found() const {
    return end_ < struck_.size() || std::find(struck_.begin(), struck_.end(), true) != struck_.end();
  }

  [[nodiscard]] std::string Apply(std::string_view text) const {
    std::string masked;
    for (std::size_t at = 0; at < end_; ++at) {
      if (!struck_[at]) {
        masked += text[at];
      } else if (at == 0 || !struck_[at - 1]) {
        masked += kStruck;
      }
    }
    return masked + (end_ < text.size() ? "..." : "");
  }

 private:
  void LookUnder(DecodedText text, Escapes escapes) {
    for (int level = 0; level < kMostLevels; ++level) {
      DecodedText next = WithoutEscapes(text, escapes);
      if (next.bytes == text.bytes) return;
      Look(next);
      text = std::move(next);
    }
    if (escapes == Escapes::kAny) end_ = std::min(end_, FindEscape(text, escapes));
  }

  void Look(const DecodedText& text) {
    LookAt(text);
    LookAt(WithoutBlanks(text));
    for (std::size_t skipped = 0; skipped < 4; ++skipped) LookAt(DecodedDigits(text, Digits::kBase64, skipped));
    for (std::size_t skipped = 0; skipped < 2; ++skipped) LookAt(DecodedDigits(text, Digits::kHex, skipped));
  }

  void LookAt(const DecodedText& text) {
    for (std::size_t at = 0; at + SecretMask::kShortest <= text.bytes.size(); ++at) {
      if (!pieces_.contains(text.bytes.substr(at, SecretMask::kShortest))) continue;
      const std::size_t begin = text.parts[at].begin, end = text.parts[at + SecretMask::kShortest - 1].end;
      std::fill(struck_.begin() + static_cast<std::ptrdiff_t>(begin),
                struck_.begin() + static_cast<std::ptrdiff_t>(end), true);
    }
  }

  const std::unordered_set<std::string>& pieces_;
  std::vector<bool> struck_;
  std::size_t end_;  // what follows is not to be read
};

}  // namespace

void SecretMask::Add(const Secret& secret) {
  const std::string& text = secret.Reveal();
  for (std::size_t at = 0; at + kShortest <= text.size(); ++at) pieces_.insert(text.substr(at, kShortest));
}

// What stands around a place that was struck out may, put together, be read in yet another way.
std::string SecretMask::StrikeOut(std::string text) const {
  if (text.empty() || pieces_.empty()) return text;
  for (int round = 0; round < kMostRounds; ++round) {
    const Search search(text, pieces_);
    if (!search.found()) return text;
    text = search.Apply(text);
  }
  return Search(text, pieces_).found() ? std::string(kStruck) : text;
}

}  // namespace vmtelem
