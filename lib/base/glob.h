#pragma once

#include <string_view>

namespace vmtelem {

// Whether the whole of `text` matches `pattern` as glob(7) says, character by character and the same in every locale; *
// also matches slashes and a leading dot. A byte that is not part of well-formed UTF-8 is a character that equals only
// itself. Not fnmatch(3): with glibc 2.36 no range beyond U+00FF matches in C.UTF-8 ([а-я]), and one bad byte makes it
// compare bytes. Takes time in proportion to the product of the lengths at most. Pure; any thread.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace vmtelem
