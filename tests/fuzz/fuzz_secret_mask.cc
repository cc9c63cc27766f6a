// A text that holds a token, or a piece of its start or end, behind up to three codings one over the other, in the
// middle of arbitrary bytes. The first byte says how much of the token, the next three which codings (base64 once or
// twice, numbers, other case; then escapes); the rest is what stands around it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/secret_mask.h"
#include "base/text_coding.h"

namespace {

constexpr std::string_view kToken = "kJ8v+Zq/3xW0tR5yPm2nLc7a==";
constexpr std::string_view kHex = "0123456789abcdef0123456789ABCDEF";

std::string Hex(char byte, bool upper) {
  const auto code = static_cast<unsigned char>(byte);
  const std::size_t base = upper ? 16 : 0;
  return {kHex[base + (code >> 4)], kHex[base + (code & 15)]};
}

std::string Base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string written;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : text) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) written += kAlphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) written += kAlphabet[(bits << (6 - held)) & 63];
  return written;
}

// Whether a byte is escaped is up to the bits of `how`, so that texts are escaped in part.
std::string Escaped(std::string_view text, unsigned how) {
  std::string written;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_plain = (how >> 3 & 1U) != 0 && i % 3 == 0 && text[i] != '%' && text[i] != '\\' && text[i] != '=';
    const std::string hex = Hex(text[i], (how >> 4 & 1U) != 0);
    if (is_plain) {
      written += text[i];
    } else if ((how & 7U) == 0) {
      written += "%" + hex;
    } else if ((how & 7U) == 1) {
      written += "\\u00" + hex;
    } else if ((how & 7U) == 2) {
      written += "&#x" + hex + ";";
    } else {
      written += "=" + hex;
    }
  }
  return written;
}

// Byte by byte, as decimal or hexadecimal numbers.
std::string Numbers(std::string_view text, unsigned how) {
  constexpr std::string_view kBetween[] = {" ", ",", ", ", ":"};
  std::string written;
  for (const char byte : text) {
    written +=
        (how >> 5 & 1U) != 0 ? std::to_string(static_cast<unsigned char>(byte)) : Hex(byte, (how >> 4 & 1U) != 0);
    written += kBetween[how >> 6];
  }
  return written;
}

std::string WithOtherCase(std::string text, bool upper) {
  for (char& byte : text) {
    const bool changes = upper ? byte >= 'a' && byte <= 'z' : byte >= 'A' && byte <= 'Z';
    if (changes) byte = static_cast<char>(byte ^ 0x20);
  }
  return text;
}

std::string Written(std::string_view piece, const std::uint8_t* how) {
  std::string text(piece);
  const std::string before(how[0] >> 6, 'u');
  if ((how[0] & 7U) == 7) text = Base64(before + text);
  if ((how[0] & 7U) == 6) text = Base64(before + Base64(before + text));
  if ((how[0] & 7U) == 5) text = Numbers(text, how[0]);
  if ((how[0] & 7U) == 4) text = WithOtherCase(text, (how[0] >> 4 & 1U) != 0);
  for (int level = 0; level < 2; ++level) {
    if ((how[level + 1] & 7U) < 4) text = Escaped(text, how[level + 1]);
  }
  return text;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

// By decoders that share nothing with the mask but the reading of single escapes.
void RequireNoPiece(const std::string& masked) {
  using vmtelem::Escapes;
  for (const Escapes first : {Escapes::kPercent, Escapes::kBackslash, Escapes::kQuotedPrintable, Escapes::kEntities}) {
    for (const auto& text : {vmtelem::NotDecoded(masked), WithoutEscapes(vmtelem::NotDecoded(masked), first)}) {
      const std::string bytes = WithOtherCase(text.bytes, false), token = WithOtherCase(std::string(kToken), false);
      Require(bytes.find(token.substr(0, 8)) == std::string::npos);
      Require(bytes.find(token.substr(token.size() - 8)) == std::string::npos);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const vmtelem::SecretMask kMask = [] {
    vmtelem::SecretMask mask;
    mask.Add(vmtelem::Secret(std::string(kToken)));
    return mask;
  }();
  if (size < 4) return 0;
  const std::size_t length = 8 + data[0] % (kToken.size() - 7);
  const std::string_view piece = data[0] < 128 ? kToken.substr(0, length) : kToken.substr(kToken.size() - length);
  const std::string around(reinterpret_cast<const char*>(data) + 4, size - 4);
  const std::string written = Written(piece, data + 1);
  const std::string masked =
      kMask.StrikeOut(around.substr(0, around.size() / 2) + ' ' + written + ' ' + around.substr(around.size() / 2));
  RequireNoPiece(masked);
  Require(masked.find(written) == std::string::npos);
  Require(kMask.StrikeOut(masked) == masked);
  return 0;
}
