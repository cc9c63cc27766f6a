#include "base/secret_mask.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/text_coding.h"

namespace vmtelem {
namespace {

constexpr int kMostLevels = 4;
constexpr int kMostRounds = 3;
constexpr std::string_view kStruck = "***";
constexpr Escapes kEscapes[] = {Escapes::kAny,       Escapes::kPercent,         Escapes::kForm,
                                Escapes::kBackslash, Escapes::kQuotedPrintable, Escapes::kEntities};

// The digits of base64 that are known of `text`, if its first bits belong to a digit that is not.
std::string Base64(std::string_view text, unsigned skipped_bits, std::string_view last_two) {
  std::string digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
  digits += last_two;
  std::string written;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char byte : text) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    held += 8 - std::exchange(skipped_bits, 0);
    for (; held >= 6; held -= 6) written += digits[(bits >> (held - 6)) & 63];
  }
  return written;
}

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
    for (const int base : {8, 10, 16}) LookAt(DecodedNumbers(text, base));
  }

  void LookAt(const DecodedText& text) {
    const std::string bytes = Lowercase(text.bytes);
    for (std::size_t at = 0; at + SecretMask::kShortest <= bytes.size(); ++at) {
      if (!pieces_.contains(bytes.substr(at, SecretMask::kShortest))) continue;
      const std::size_t begin = text.parts[at].begin, end = text.parts[at + SecretMask::kShortest - 1].end;
      std::fill(struck_.begin() + static_cast<std::ptrdiff_t>(begin),
                struck_.begin() + static_cast<std::ptrdiff_t>(end), true);
    }
  }

  const std::unordered_set<std::string>& pieces_;
  std::vector<bool> struck_;
  std::size_t end_;  // the text from here on is left out
};

}  // namespace

void SecretMask::Add(const Secret& secret) {
  const std::string& text = secret.Reveal();
  AddPieces(text);
  if (text.size() < kShortest) return;
  for (const std::string_view last_two : {"+/", "-_"}) {
    for (const unsigned skipped_bits : {0U, 4U, 2U}) AddPieces(Base64(text, skipped_bits, last_two));
  }
}

void SecretMask::AddPieces(const std::string& text) {
  const std::string lower = Lowercase(text);
  for (std::size_t at = 0; at + kShortest <= lower.size(); ++at) pieces_.insert(lower.substr(at, kShortest));
}

// The texts around a place that was struck out may, put together, be read in yet another way.
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
