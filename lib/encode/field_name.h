#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "model/counters.h"

namespace vmtelem {

// The name of a field as it stands in line protocol: with the comma before it and the equals sign after it, put
// together when the program is compiled. The text has a fixed size so that copying it is a few moves and no call.
class FieldName {
 public:
  static constexpr std::size_t kCapacity = 32;

  constexpr FieldName() = default;
  // Implicit, so that a walk can say Field("state", ...). Does not compile for a name that is too long.
  consteval FieldName(const char* name) : FieldName({}, name, {}) {}
  constexpr FieldName(std::string_view prefix, std::string_view name, std::string_view suffix) {
    Append(",");
    Append(prefix);
    Append(name);
    Append(suffix);
    Append("=");
  }

  [[nodiscard]] constexpr std::string_view name() const { return {text_.data() + 1, size_ - 2}; }

  // Copies the text to `out`, where kCapacity bytes must be free, and returns its end.
  char* CopyTo(char* out) const {
    std::memcpy(out, text_.data(), kCapacity);
    return out + size_;
  }

 private:
  constexpr void Append(std::string_view part) {
    for (const char c : part) text_.at(size_++) = c;
  }

  std::array<char, kCapacity> text_{};
  std::size_t size_ = 0;
};

// The names of a list of counters as fields, e.g. "rx_bytes" as "net_rx_bytes_rate".
template <class Enum>
consteval EnumArray<Enum, FieldName> FieldNames(std::string_view prefix, const EnumArray<Enum, std::string_view>& names,
                                                std::string_view suffix) {
  EnumArray<Enum, FieldName> fields{};
  for (std::size_t i = 0; i < names.size(); ++i) fields[i] = FieldName(prefix, names[i], suffix);
  return fields;
}

}  // namespace vmtelem
