#pragma once

#include <string>
#include <vector>

namespace vmtelem {

// Names that libvirt takes and that other programs tripped over: metacharacters of formats, markup, characters that
// are wide, joined, invisible or turn the text around, long ones.
inline std::vector<std::string> OddNames() {
  return {"a\"b",
          "a\\b",
          "x{y=\"z\"},w}",
          "<img src=x onerror=__x=1>",
          "<svg onload=__x=1>",
          "it's $x (1)",
          "a.b",
          "axb",
          "日本語テスト",
          "e\u0301",
          "\U0001F468\u200d\U0001F469\u200d\U0001F467",
          "r\u202ev",
          "c\u009b31m",
          "l\u2028e",
          std::string(200, 'n')};
}

}  // namespace vmtelem
