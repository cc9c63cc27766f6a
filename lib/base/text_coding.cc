#include "base/text_coding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace vmtelem {
namespace {

// An escape of `length` bytes at the start of a text, and the bytes that it stands for.
struct Escape {
  std::string bytes;
  std::size_t length = 0;
};
using Found = std::optional<Escape>;

bool IsWord(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// Nothing unless all of `digits` is a number of that base.
std::optional<unsigned> Number(std::string_view digits, int base) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string Utf8(unsigned code) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | (code >> 6)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | (code >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | ((code >> 18) & 7)), tail(12), tail(6), tail(0)};
}

// `length` digits from `at` as one byte.
Found ReadByte(std::string_view text, std::size_t at, std::size_t length, int base) {
  if (text.size() < at + length) return std::nullopt;
  const auto number = Number(text.substr(at, length), base);
  if (!number || *number > 0xFF) return std::nullopt;
  return Escape{std::string(1, static_cast<char>(*number)), at + length};
}

// Of digits behind two other characters.
Found ReadCodePoint(std::string_view text, std::size_t length) {
  if (text.size() < 2 + length) return std::nullopt;
  const auto code = Number(text.substr(2, length), 16);
  return code ? Found(Escape{Utf8(*code), 2 + length}) : std::nullopt;
}

Found ReadPercent(std::string_view text) {
  if (text.front() != '%') return std::nullopt;
  const bool is_code_point = text.substr(1, 1) == "u" || text.substr(1, 1) == "U";
  return is_code_point ? ReadCodePoint(text, 4) : ReadByte(text, 1, 2, 16);
}

Found ReadForm(std::string_view text) {
  if (text.front() == '+') return Escape{" ", 1};
  return ReadPercent(text);
}

Found ReadBackslash(std::string_view text) {
  if (text.front() != '\\' || text.size() < 2) return std::nullopt;
  constexpr std::string_view kLetters = "nrtbfav0", kMeaning("\n\r\t\b\f\a\v\0", 8);
  const char kind = text[1];
  if (Found code = kind == 'U' ? ReadCodePoint(text, 8) : std::nullopt) return code;
  if (kind == 'u' || kind == 'U') return ReadCodePoint(text, 4);
  if (kind == 'x' || kind == 'X') return ReadByte(text, 2, 2, 16);
  if (Found octal = ReadByte(text, 1, 3, 8)) return octal;
  const std::size_t letter = kLetters.find(kind);
  return Escape{std::string(1, letter == std::string_view::npos ? kind : kMeaning[letter]), 2};
}

// Of a line's end little may be left.
Found ReadQuotedPrintable(std::string_view text) {
  if (text.front() != '=') return std::nullopt;
  if (text.substr(0, 3) == "=\r\n") return Escape{"", 3};
  if (text.size() > 1 && (text[1] == '\n' || text[1] == ' ')) return Escape{"", 2};
  return ReadByte(text, 1, 2, 16);
}

Found ReadEntity(std::string_view text) {
  constexpr std::size_t kLongest = 12;
  constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'},    {"lt", '<'},     {"gt", '>'},   {"quot", '"'},   {"apos", '\''},  {"plus", '+'},  {"sol", '/'},
      {"equals", '='}, {"lowbar", '_'}, {"dash", '-'}, {"hyphen", '-'}, {"period", '.'}, {"colon", ':'}, {"nbsp", ' '},
  };
  if (text.front() != '&') return std::nullopt;
  const std::size_t end = text.substr(0, kLongest).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(1, end - 1);
  for (const auto& [known, byte] : kNamed) {
    if (Lowercase(name) == known) return Escape{std::string(1, byte), end + 1};
  }
  if (name.size() < 2 || name.front() != '#') return std::nullopt;
  const bool is_hex = name[1] == 'x' || name[1] == 'X';
  const auto code = Number(name.substr(is_hex ? 2 : 1), is_hex ? 16 : 10);
  return code ? Found(Escape{Utf8(*code), end + 1}) : std::nullopt;
}

Found ReadAny(std::string_view text) {
  for (Found (*const read)(std::string_view) : {ReadPercent, ReadBackslash, ReadQuotedPrintable, ReadEntity}) {
    if (Found found = read(text)) return found;
  }
  return std::nullopt;
}

Found ReadEscape(std::string_view text, Escapes escapes) {
  constexpr std::array kReaders{ReadPercent, ReadForm, ReadBackslash, ReadQuotedPrintable, ReadEntity, ReadAny};
  return kReaders.at(static_cast<std::size_t>(escapes))(text);
}

void Append(DecodedText& text, std::string_view bytes, DecodedText::Part part) {
  text.bytes += bytes;
  text.parts.insert(text.parts.end(), bytes.size(), part);
}

bool IsBlank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

std::optional<unsigned> DigitValue(char byte, Digits digits) {
  if (digits == Digits::kHex) return Number(std::string_view(&byte, 1), 16);
  if (byte >= 'A' && byte <= 'Z') return static_cast<unsigned>(byte - 'A');
  if (byte >= 'a' && byte <= 'z') return static_cast<unsigned>(byte - 'a') + 26;
  if (byte >= '0' && byte <= '9') return static_cast<unsigned>(byte - '0') + 52;
  if (byte == '+' || byte == '-') return 62;
  if (byte == '/' || byte == '_') return 63;
  return std::nullopt;
}

bool IsPassedOver(char byte, Digits digits) {
  return IsBlank(byte) || (digits == Digits::kHex && (byte == ':' || byte == '-'));
}

char ByteOf(std::string_view word, int base) {
  constexpr std::size_t kLongest = 3;
  const bool has_prefix = base == 16 && (word.substr(0, 2) == "0x" || word.substr(0, 2) == "0X");
  if (has_prefix) word.remove_prefix(2);
  const auto number = word.size() > kLongest ? std::nullopt : Number(word, base);
  return number && *number <= 0xFF ? static_cast<char>(*number) : '\0';
}

// Collects the bits of one run of digits.
class BitReader {
 public:
  BitReader(Digits digits, std::size_t skipped)
      : bits_of_digit_(static_cast<unsigned>(digits)), skipped_(skipped), to_skip_(skipped) {}

  void Take(unsigned value, DecodedText::Part part, DecodedText& out) {
    if (to_skip_ > 0) {
      --to_skip_;
      return;
    }
    bits_ = (bits_ << bits_of_digit_) | value;
    held_ += bits_of_digit_;
    if (held_ == bits_of_digit_) begin_ = part.begin;
    if (held_ < 8) return;
    held_ -= 8;
    Append(out, std::string(1, static_cast<char>((bits_ >> held_) & 0xFF)), {begin_, part.end});
    begin_ = part.begin;  // it holds the first bits of the next byte, if there are any left
  }

  void EndRun(DecodedText::Part part, DecodedText& out) {
    to_skip_ = skipped_;
    held_ = 0;
    if (!out.bytes.empty() && out.bytes.back() != '\0') Append(out, std::string_view("\0", 1), part);
  }

 private:
  const unsigned bits_of_digit_;
  const std::size_t skipped_;
  std::size_t to_skip_;
  std::uint32_t bits_ = 0;
  unsigned held_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

std::string Lowercase(std::string_view text) {
  std::string lower(text);
  for (char& byte : lower) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return lower;
}

DecodedText NotDecoded(std::string_view text) {
  DecodedText same{std::string(text), {}};
  same.parts.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) same.parts.push_back({at, at + 1});
  return same;
}

DecodedText WithoutEscapes(const DecodedText& text, Escapes escapes) {
  DecodedText decoded;
  const std::string_view bytes = text.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const Escape escape = ReadEscape(bytes.substr(at), escapes).value_or(Escape{std::string(1, bytes[at]), 1});
    Append(decoded, escape.bytes, {text.parts[at].begin, text.parts[at + escape.length - 1].end});
    at += escape.length;
  }
  return decoded;
}

std::size_t FindEscape(const DecodedText& text, Escapes escapes) {
  for (std::size_t at = 0; at < text.bytes.size(); ++at) {
    if (ReadEscape(std::string_view(text.bytes).substr(at), escapes)) return text.parts[at].begin;
  }
  return std::string::npos;
}

DecodedText WithoutBlanks(const DecodedText& text) {
  DecodedText dense;
  for (std::size_t at = 0; at < text.bytes.size(); ++at) {
    if (!IsBlank(text.bytes[at])) Append(dense, std::string(1, text.bytes[at]), text.parts[at]);
  }
  return dense;
}

DecodedText DecodedNumbers(const DecodedText& text, int base) {
  DecodedText decoded;
  const auto end = text.bytes.end();
  for (auto word = std::find_if(text.bytes.begin(), end, IsWord); word != end;) {
    const auto word_end = std::find_if_not(word, end, IsWord);
    const auto first = static_cast<std::size_t>(word - text.bytes.begin());
    const auto last = static_cast<std::size_t>(word_end - text.bytes.begin()) - 1;
    const std::string_view digits = std::string_view(text.bytes).substr(first, last - first + 1);
    Append(decoded, std::string(1, ByteOf(digits, base)), {text.parts[first].begin, text.parts[last].end});
    word = std::find_if(word_end, end, IsWord);
  }
  return decoded;
}

DecodedText DecodedDigits(const DecodedText& text, Digits digits, std::size_t skipped) {
  DecodedText decoded;
  BitReader reader(digits, skipped);
  for (std::size_t at = 0; at < text.bytes.size(); ++at) {
    if (IsPassedOver(text.bytes[at], digits)) continue;
    if (const auto value = DigitValue(text.bytes[at], digits)) {
      reader.Take(*value, text.parts[at], decoded);
    } else {
      reader.EndRun(text.parts[at], decoded);
    }
  }
  return decoded;
}

}  // namespace vmtelem
